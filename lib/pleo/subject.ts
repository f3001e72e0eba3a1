/** The kinds of subject that a grant and its tokens are for. */
export type SubjectType = 'company' | 'organization'

/** A subject URN, taken apart. */
export interface Subject {
  readonly urn: string
  readonly type: SubjectType
  /** The uuid alone, in lower case: `sub` at introspection. */
  readonly id: string
}

const subjectUrn =
  /^urn:pleo:(company|organization):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i

/** Takes a subject URN apart. Returns `undefined` if the text is not a subject URN. */
export function parseSubject(text: string): Subject | undefined {
  const match = subjectUrn.exec(text)
  if (!match) return undefined
  const type: SubjectType = match[1]?.toLowerCase() === 'organization' ? 'organization' : 'company'
  const id = (match[2] ?? '').toLowerCase()
  return { urn: `urn:pleo:${type}:${id}`, type, id }
}
