import { notedFetch } from './partner-timeline.ts'

/** A company, with the employees the API told of. */
export interface CompanyData {
  readonly name: string
  readonly country: string | null
  readonly registrationNumber: string | null
  readonly employees: readonly {
    readonly name: string
    readonly email: string
    readonly jobTitle: string | null
  }[]
}

/** What the API answered: the data, or the status it refused with. */
export type ApiData =
  | { readonly status: 200; readonly subject: string; readonly companies: readonly CompanyData[] }
  | { readonly status: number; readonly challenge: string }

interface ApiAnswer<T> {
  readonly data: T
}
interface ApiCompany {
  readonly id: string
  readonly name: string
  readonly registrationNumber: string | null
  readonly address: { readonly country: string | null }
}
interface ApiEmployee {
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly jobTitle: string | null
}

/** The API refused a call. */
class Refused extends Error {
  readonly status: number
  readonly challenge: string

  constructor(response: Response) {
    super(`the API answered ${response.status}`)
    this.status = response.status
    this.challenge = response.headers.get('www-authenticate') ?? ''
  }
}

/** Reads from the API what the connected page shows. */
export async function readApi(api: string, accessToken: string): Promise<ApiData> {
  const get = async <T>(path: string): Promise<T> => {
    const response = await notedFetch(api + path, {
      headers: { authorization: `Bearer ${accessToken}` },
      signal: AbortSignal.timeout(10_000),
    })
    if (!response.ok) throw new Refused(response)
    return ((await response.json()) as ApiAnswer<T>).data
  }
  try {
    const { subjectURN } = await get<{ readonly subjectURN: string }>('/v1/introspect')
    const companies = await get<readonly ApiCompany[]>('/v1/companies')
    return {
      status: 200,
      subject: subjectURN,
      companies: await Promise.all(
        companies.map(async (company) => {
          // Named for every company: without it, those of all companies of an organization come in one list.
          const path = `/v2/employees?company_id=${encodeURIComponent(company.id)}`
          return toCompanyData(company, await get<readonly ApiEmployee[]>(path))
        }),
      ),
    }
  } catch (error) {
    if (error instanceof Refused) return { status: error.status, challenge: error.challenge }
    throw error
  }
}

function toCompanyData(company: ApiCompany, employees: readonly ApiEmployee[]): CompanyData {
  const { name, address, registrationNumber } = company
  return {
    name,
    country: address.country,
    registrationNumber,
    employees: employees.map(({ firstName, lastName, email, jobTitle }) => ({
      name: `${firstName} ${lastName}`.trim(),
      email,
      jobTitle,
    })),
  }
}
