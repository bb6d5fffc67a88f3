import type { Rule } from '../findings.ts'

// etcd takes 1.5 MiB in a request; the rest is for metadata. Its own words name neither the object nor what to do.
const mostBytes = 1_500_000

/** `kinds`: what it can be split into. */
const sizeOf = (kinds: string): Rule<{ readonly spec: object }> => ({
  id: 'size',
  doc: 'The spec has at most 1.5 MB, because etcd stores no object that is much larger.',
  check: ({ spec }) => {
    if (Buffer.byteLength(JSON.stringify(spec)) <= mostBytes) return []
    const message = 'has more than 1.5 MB, too much for the API server to store'
    return [{ path: 'spec', message, remedy: `split it into several ${kinds}` }]
  },
})

export const size = sizeOf('ExternalSecrets')
export const pushSize = sizeOf('PushSecrets')
