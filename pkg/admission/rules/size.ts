import type { ExternalSecret } from '#api'
import type { Rule } from '../findings.ts'

// etcd takes 1.5 MiB in a request; the rest is for metadata. Its own words name neither the object nor what to do.
const mostBytes = 1_500_000

export const size: Rule<ExternalSecret> = {
  id: 'size',
  doc: 'The spec has at most 1.5 MB, because etcd stores no object that is much larger.',
  check: ({ spec }) =>
    Buffer.byteLength(JSON.stringify(spec)) <= mostBytes
      ? []
      : [
          {
            path: 'spec',
            message: 'has more than 1.5 MB, too much for the API server to store',
            remedy: 'split it into several ExternalSecrets',
          },
        ],
}
