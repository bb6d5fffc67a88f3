import type { Api } from './api.ts'

/** Requests that the API server has served since it started, those included that changed nothing. */
export interface Writes {
  readonly secrets: number
  readonly status: number
}

const verbs = /verb="(POST|PUT|PATCH|APPLY|DELETE)"/
const of = (resource: string, subresource: string) =>
  `resource="${resource}",scope="resource",subresource="${subresource}"`

/** From the API server's own metrics: a watch would not show a write that changes nothing. */
const counter = async (api: Api) => {
  const { text } = await api.send('GET', '/metrics')
  const lines = text.split('\n').filter(line => line.startsWith('apiserver_request_total{') && verbs.test(line))
  return (labels: string) =>
    lines.filter(line => line.includes(labels)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

export const countWrites = async (api: Api): Promise<Writes> => {
  const count = await counter(api)
  return { secrets: count(of('secrets', '')), status: count(of('externalsecrets', 'status')) }
}

export const since = (before: Writes, after: Writes): Writes => ({
  secrets: after.secrets - before.secrets,
  status: after.status - before.status,
})

/** Writes of one kind or of its subresource; in any version. */
export const countOf = async (api: Api, resource: string, subresource: string): Promise<number> =>
  (await counter(api))(of(resource, subresource))
