// Labels and annotations of the Secret: those that the manifest gives it are missed at once, those of others are not looked at.
import t from 'tap'
import { changesComputed, holdsGiven } from '../../../pkg/reconcile/given.ts'
import { digest, externalSecret, synced } from './build.ts'

const labels = { team: 'a', constructor: 'c' }
const annotations = { note: 'n', 'force-sync': '1' }
const plain = { metadata: { labels, annotations } }
const template = {
  metadata: { labels: { plain: 'p', made: '{{ .user }}' }, annotations: { __proto__x: 'x' } },
  data: { k: '{{ .user }}' },
}
const templated = { metadata: { labels, annotations }, spec: { target: { template } } }
const shared = (parts: typeof plain) => ({ ...parts, spec: { target: { creationPolicy: 'Merge' } } })

const { labels: marks, annotations: hash } = digest()
const secret = (more: { labels?: Record<string, string>; annotations?: Record<string, string> }) =>
  digest({ user: 'u' }, { labels: { ...marks, ...more.labels }, annotations: { ...hash, ...more.annotations } })

const cases = [
  ['those of the ExternalSecret are there', synced(60, plain), { labels, annotations }, true],
  ['others beside them do not matter', synced(60, plain), { labels: { ...labels, x: 'y' }, annotations }, true],
  ['a label is gone', synced(60, plain), { labels: { team: 'a' }, annotations }, false],
  ['a label is changed', synced(60, plain), { labels: { ...labels, team: 'b' }, annotations }, false],
  ['an annotation is gone', synced(60, plain), { labels, annotations: {} }, false],
  ['force-sync is gone', synced(60, plain), { labels, annotations: { note: 'n' } }, true],
  [
    'a label is changed, and shared',
    synced(60, shared(plain)),
    { labels: { ...labels, team: 'b' }, annotations },
    true,
  ],
  ['a label is gone, and shared', synced(60, shared(plain)), { labels: { team: 'a' }, annotations }, false],
  ['it was never synced', externalSecret(plain), {}, true],
  ['it was edited since the last sync', synced(60, plain, { syncedResourceVersion: '1-x' }), {}, true],
  [
    'a template gives others',
    synced(60, templated),
    { labels: { plain: 'p' }, annotations: { __proto__x: 'x' } },
    true,
  ],
  ['a plain one of a template is gone', synced(60, templated), { labels: { plain: 'p' } }, false],
] as const
for (const [name, es, has, wanted] of cases)
  t.test(name, async t => {
    t.equal(holdsGiven(es, secret(has)), wanted)
  })

const es = (spec: object) => externalSecret({ spec: { ...spec } })
const from = { target: { template: { templateFrom: [{ literal: 'a: {{ .user }}', target: 'LABELS' }] } } }
const orphan = { target: { ...templated.spec.target, creationPolicy: 'Orphan' } }
const changes = [
  ['a computed label is changed', es(templated.spec), { labels: { made: 'u' } }, { labels: { made: 'x' } }, true],
  ['a computed label is gone', es(templated.spec), { labels: { made: 'u' } }, {}, true],
  ['a label of others is changed', es(templated.spec), { labels: { x: 'u' } }, { labels: { x: 'x' } }, false],
  ['a computed label has come', es(templated.spec), {}, { labels: { made: 'u' } }, false],
  ['an annotation of that name is gone', es(templated.spec), { annotations: { made: 'u' } }, {}, false],
  ['any label may be computed by templateFrom', es(from), { labels: { a: 'u' } }, {}, true],
  ['but no annotation is', es(from), { annotations: { a: 'u' } }, {}, false],
  ['nothing is computed without a template', es({}), { labels: { a: 'u' } }, {}, false],
  ['an orphan is not guarded', es(orphan), { labels: { made: 'u' } }, {}, false],
] as const
for (const [name, object, before, after, wanted] of changes)
  t.test(name, async t => {
    t.equal(changesComputed(object, secret(before), secret(after)), wanted)
  })
