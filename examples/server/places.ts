import { z } from 'zod'

const portRule = 'must be a whole number from 0 to 65535 (0 takes a free port)'

/** Kubernetes sets `API_PORT=tcp://10.0.0.1:3001` if there is a service `api`, and so did links of Docker. */
export const isInjected = (value: string): boolean => /^(?:tcp|udp|sctp):\/\//.test(value)

function toPortProblem(name: string, value: unknown): string {
  if (typeof value !== 'string' || !isInjected(value)) return portRule
  const service = name.replace(/_PORT$/, '').toLowerCase()
  return `${portRule}, and is an address: Kubernetes and Docker set ${name} if a service is called ${service}. Set ${name} for this process, or switch that off (enableServiceLinks: false)`
}

/** Reads a port from the variable with that name. */
export const givenPort = (name: string): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,5}$/, { error: ({ input }) => toPortProblem(name, input) })
    .transform(Number)
    .refine((value) => value <= 65_535, portRule)

/** The same, with a port if the variable is not set. */
export const port = (name: string, fallback: number): z.ZodType<number, string | undefined> =>
  givenPort(name).default(fallback)

const hosts = ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::'] as const

/** Reads the address to listen on. All of these are reached as `localhost`, as the URLs of the example are. */
export const host: z.ZodType<string, string | undefined> = z
  .enum(hosts, {
    error:
      'must be 127.0.0.1, localhost or ::1 for this machine alone, or 0.0.0.0 or :: for all that reach it. Some shells set HOST to the name of the machine: unset it there',
  })
  .default('127.0.0.1')

/** Longer than load balancers keep an idle connection, which is 60 seconds for most. */
const defaultKeepAlive = 65

/** Reads for how many seconds a connection may be idle. */
export const keepAlive: z.ZodType<number, string | undefined> = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, 'must be a whole number of seconds from 1 to 9999')
  .transform(Number)
  .default(defaultKeepAlive)
