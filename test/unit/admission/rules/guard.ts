import { externalSecret } from '../objects.ts'
import type { Cases } from './cases.ts'

type Json = Parameters<NonNullable<Parameters<typeof externalSecret>[0]>>[0]

const inNamespace = (namespace: string, change: (spec: Json) => void) =>
  externalSecret((spec, object) => {
    object.metadata.namespace = namespace
    change(spec)
  })
const reading = (...keys: string[]) =>
  inNamespace('guarded', spec => {
    spec.data = keys.map((key, index) => ({ secretKey: `k${index}`, remoteRef: { key } }))
  })
const finding = (...finds: object[]) =>
  inNamespace('guarded', spec => {
    spec.data = undefined
    spec.dataFrom = finds.map(find => ({ find }))
  })
const remedy = 'name one of /team-a/*, /shared/db, or have the path allowed in the policy of Latchkey'
const allowed = 'is not allowed to namespace guarded with SecretStore main'

/** Rules that hold what an administrator wants: limits of tenants, and what is unwise. */
export const guardCases: Cases = {
  'path-allowed': {
    passes: [
      reading('/team-a/db', 'team-a/x/y', '/shared/db'),
      finding({ path: '/team-a' }, { path: 'team-a/x/', name: { regexp: 'a' } }),
      inNamespace('free', spec => {
        spec.data[0].remoteRef.key = '/anything/../at/all'
      }),
      inNamespace('guarded', spec => {
        spec.data = [
          {
            secretKey: 'a',
            remoteRef: { key: '/wide/x' },
            sourceRef: { storeRef: { kind: 'ClusterSecretStore', name: 'wide' } },
          },
        ]
      }),
    ],
    fails: [
      [
        reading('/team-b/db', '/team-a/../team-b/db', '/team-ab/db'),
        `spec.data[0].remoteRef.key: "/team-b/db" ${allowed} → ${remedy}`,
        `spec.data[1].remoteRef.key: "/team-a/../team-b/db" ${allowed} → ${remedy}`,
        `spec.data[2].remoteRef.key: "/team-ab/db" ${allowed} → ${remedy}`,
      ],
      [
        finding({ path: '/team-ab' }, { name: { regexp: 'team' } }, { tags: { a: 'b' } }, { path: '/shared/db' }),
        `spec.dataFrom[0].find.path: folder "/team-ab" ${allowed} → ${remedy}`,
        `spec.dataFrom[1].find.path: a find in all folders ${allowed} → ${remedy}`,
        `spec.dataFrom[2].find.path: a find in all folders ${allowed} → ${remedy}`,
        `spec.dataFrom[3].find.path: folder "/shared/db" ${allowed} → ${remedy}`,
      ],
      [
        inNamespace('guarded', spec => {
          spec.data = undefined
          const sourceRef = { storeRef: { kind: 'ClusterSecretStore', name: 'wide' } }
          spec.dataFrom = [{ extract: { key: '/elsewhere' }, sourceRef }]
        }),
        'spec.dataFrom[0].extract.key: "/elsewhere" is not allowed to namespace guarded with ClusterSecretStore wide → name one of /team-a/*, /shared/db, /wide/* and 3 more, or have the path allowed in the policy of Latchkey',
      ],
      [
        inNamespace('locked', spec => {
          spec.data.length = 1
        }),
        'spec.data[0].remoteRef.key: "/apps/db" is not allowed to namespace locked with SecretStore main → use another store, or have paths allowed in the policy of Latchkey',
      ],
    ],
  },
}
