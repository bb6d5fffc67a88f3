// ExternalSecrets of every sort, as a cluster has them that ESO has looked after.
import { entry } from '../../support/objects.ts'

/** What Akeyless holds at the paths that all of them read. */
export interface Values {
  readonly a: string
  readonly b: string
}

type Texts = Readonly<Record<string, string>>
interface Metadata {
  readonly labels?: Texts
  readonly annotations?: Texts
}

export interface State {
  readonly name: string
  /** Laid over data of both items. */
  readonly spec?: object
  readonly metadata?: Metadata
  /** What ESO synced first, before a person edited labels and annotations to the above. */
  readonly earlier?: Metadata
  /** A Secret that was there before, by another hand. */
  readonly person?: Texts
  readonly version?: 'v1beta1'
  /** What ESO makes of the values; both keys where left out. */
  readonly make?: (values: Values) => Texts
  /** What becomes of it once Akeyless holds other values and a refresh is due; `rests`: it never is. `follows` where left out. */
  readonly later?: 'follows' | 'stays' | 'rests' | 'refuses'
}

export const data = [entry('a', '/take/a'), entry('b', '/take/b')]
const dsn = ({ a, b }: Values): Texts => ({ dsn: `${a}:${b}` })
const template = {
  type: 'Opaque',
  metadata: { labels: { app: 'shop' }, annotations: { note: 'of the template' } },
  data: { dsn: '{{ .a }}:{{ .b }}' },
}
const labels = { team: 'one' }
const annotations = { note: 'a person wrote this' }

// what the API server filled in while v1beta1 had defaults
const defaults = { conversionStrategy: 'Default', decodingStrategy: 'None', metadataPolicy: 'None' }
const beta = data.map(({ secretKey, remoteRef }) => ({ secretKey, remoteRef: { ...remoteRef, ...defaults } }))

/** 42 characters: ESO hashes the field manager when it writes, and forgets that when it reads. */
export const mediumName = 'an-external-secret-whose-name-is-not-short'
export const longName = `an-external-secret-${'whose-name-is-very-'.repeat(3)}long`

export const states: readonly State[] = [
  { name: 'owner', metadata: { labels, annotations } },
  { name: 'renamed', spec: { target: { name: 'renamed-target' } } },
  { name: 'template', spec: { target: { template } }, metadata: { labels, annotations }, make: dsn },
  { name: mediumName, metadata: { annotations }, earlier: { labels, annotations: { ...annotations, old: 'yes' } } },
  { name: longName, metadata: { labels } },
  { name: 'orphan', spec: { target: { creationPolicy: 'Orphan' } }, metadata: { labels } },
  { name: 'merge', spec: { target: { creationPolicy: 'Merge' } }, metadata: { labels }, person: { theirs: 'kept' } },
  { name: 'create-or-merge', spec: { target: { creationPolicy: 'CreateOrMerge' } } },
  { name: 'immutable', spec: { target: { immutable: true } }, later: 'refuses' },
  { name: 'created-once', spec: { refreshPolicy: 'CreatedOnce' }, later: 'rests' },
  { name: 'on-change', spec: { refreshPolicy: 'OnChange' }, later: 'rests' },
  { name: 'interval-zero', spec: { refreshInterval: '0' }, later: 'rests' },
  { name: 'beta', spec: { data: beta }, version: 'v1beta1', metadata: { labels } },
  {
    name: 'forced',
    spec: { target: { template } },
    metadata: { annotations: { 'force-sync': '1' } },
    make: dsn,
  },
  { name: 'none', spec: { target: { creationPolicy: 'None' } }, person: { theirs: 'kept' }, later: 'stays' },
  { name: 'missing', spec: { target: { creationPolicy: 'Merge' } }, later: 'stays' },
]
