import { z } from 'zod'
import { evenIfWrong } from './did-you-mean.ts'

/** The content of a list in words, and its longest length. */
export interface ListRules {
  readonly of: string
  readonly most: number
}

type Check = (values: readonly unknown[], context: z.core.$RefinementCtx) => void

/** A list. If it is too long, that is the only finding, and its items are not checked. */
export const listOf = <T>(
  schema: z.ZodType<T>,
  { of, most }: ListRules,
  check: Check = () => undefined,
): z.ZodType<readonly T[]> =>
  z
    .array(z.unknown(), { error: `must be an array of ${of}` })
    .max(most, { error: `must hold ${most} at most` })
    .pipe(z.array(schema).superRefine(check, evenIfWrong))

/**
 * A list without duplicates.
 *
 * @param toKey - two items are duplicates if their keys are equal
 */
export const listOfUnique = <T>(
  schema: z.ZodType<T>,
  rules: ListRules,
  toKey: (value: unknown) => unknown = (value) => value,
): z.ZodType<readonly T[]> =>
  listOf(schema, rules, (values, context) => {
    const keys = values.map((value) => toKey(value))
    for (const [index, key] of keys.entries()) {
      if (keys.indexOf(key) === index) continue
      const isSame = values.indexOf(values[index]) < index
      context.addIssue({
        code: 'custom',
        path: [index],
        message: isSame ? 'is given twice' : 'is given twice, in two spellings',
        params: { code: 'duplicate' },
      })
    }
  })
