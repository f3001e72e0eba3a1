import { z } from 'zod'
import type { RegistrationOptions } from './options.ts'

/** How clients register themselves. */
export const registrationSchema: z.ZodType<RegistrationOptions> = z.strictObject(
  {
    initialAccessToken: z
      .boolean({ error: 'must be true, or false to let everybody register clients' })
      .exactOptional(),
  },
  { error: 'must be an object: how clients register themselves' },
)
