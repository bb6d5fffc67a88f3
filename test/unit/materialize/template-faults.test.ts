import fc from 'fast-check'
import t from 'tap'
import { Sensitive } from '#core'
import { startEngine } from '../template/running.ts'
import { partsOf, run, type Stage } from './template-stage.ts'

const engine = startEngine()
t.teardown(() => engine.close())

const canary = 'Canary-7f3a'
const fetched = { user: canary, password: `${canary}:\n\t- [`, bytes: Buffer.from([0xff, 0xfe]), map: `${canary} x: y` }
const at = 'spec.target.template'
const from = (entry: object) => ({ templateFrom: [entry] })
const configMap = { configMap: { name: 'tpl', items: [{ key: 'a' }] } }

const bad: { name: string; stage: Stage; want: string | readonly string[] }[] = [
  {
    name: 'a template that does not parse',
    stage: { template: { data: { 'tls.crt': '{{ .user' } } },
    want: `TemplateInvalid ${at}.data["tls.crt"]: line 1: {{ is not closed → close it with }}`,
  },
  {
    name: 'a key that the data lacks',
    stage: { template: { data: { k: '{{ .usr }}' } } },
    want: `TemplateInvalid ${at}.data.k: line 1, column 4: there is no key "usr" → did you mean user?`,
  },
  {
    name: 'a function that is none',
    stage: { template: { metadata: { labels: { 'a/b': '{{ uper .user }}' } } } },
    want: `TemplateInvalid ${at}.metadata.labels["a/b"]: line 1: function "uper" is not defined → did you mean upper?`,
  },
  {
    name: 'YAML that is a value',
    stage: { template: from({ literal: '{{ .password }}' }) },
    want: `TemplateInvalid ${at}.templateFrom[0].literal: the result is not YAML with one text for each key → write lines of \`key: value\`, texts in quotes`,
  },
  {
    name: 'YAML with a list',
    stage: { template: from({ literal: 'a: [1]' }) },
    want: `TemplateInvalid ${at}.templateFrom[0].literal: the result is not YAML with one text for each key → write lines of \`key: value\`, texts in quotes`,
  },
  {
    name: 'a ConfigMap that is not there',
    stage: { template: from(configMap), sources: { 'ConfigMap/tpl': undefined } },
    want: `TemplateSourceMissing ${at}.templateFrom[0].configMap.name: there is no ConfigMap "tpl" in this namespace → create ConfigMap "tpl" there, or name another one`,
  },
  {
    name: 'a key that the Secret lacks, and its other keys are not told',
    stage: {
      template: from({ secret: { name: 'tpl', items: [{ key: 'b' }, { key: 'a' }] } }),
      sources: { 'Secret/tpl': { b: 'x', [canary]: 'y' } },
    },
    want: `TemplateSourceMissing ${at}.templateFrom[0].secret.items[1].key: Secret "tpl" has no key "a" → add "a" to the data of Secret "tpl", or name another key`,
  },
  {
    name: 'a source that nobody read',
    stage: { template: from(configMap) },
    want: `Unexpected ${at}.templateFrom[0].configMap: ConfigMap "tpl" was not read → report it with the log lines of this object`,
  },
  {
    name: 'a value that is no Base64',
    stage: {
      template: from({ ...configMap, valuesDecodingStrategy: 'Base64' }),
      sources: { 'ConfigMap/tpl': { a: '{{ .user }}' } },
    },
    want: `ValueInvalid ${at}.templateFrom[0].valuesDecodingStrategy: what the template makes is not Base64 → leave valuesDecodingStrategy out to take it as it is, or correct the template or its values`,
  },
  {
    name: 'one value of several that is no Base64URL',
    stage: { template: from({ literal: 'a: aGk=\n{{ .user }}: "?"', valuesDecodingStrategy: 'Base64URL' }) },
    want: `ValueInvalid ${at}.templateFrom[0].valuesDecodingStrategy: a value that the template makes (no. 1 by name) is not Base64URL → leave valuesDecodingStrategy out to take it as it is, or correct the template or its values`,
  },
  {
    name: 'YAML with bytes that are no text',
    stage: { template: from({ literal: 'a: "{{ .bytes }}"' }) },
    want: `TemplateInvalid ${at}.templateFrom[0].literal: the result is not YAML with one text for each key → write lines of \`key: value\`, texts in quotes`,
  },
  {
    name: 'a key made of a value',
    stage: { template: from({ literal: '{{ .map }}' }) },
    want: `KeyInvalid ${at}.templateFrom[0].literal: a key that the template makes (no. 1 by name) has a character other than letters, digits, - _ . → use letters, digits, - _ .`,
  },
  {
    name: 'a key of data that no Secret may have',
    stage: { template: { data: { 'a/b': 'x' } } },
    want: `KeyInvalid ${at}.data["a/b"]: "a/b" has a character other than letters, digits, - _ . → use letters, digits, - _ .`,
  },
  {
    name: 'an empty key',
    stage: { template: from({ literal: '"": x' }) },
    want: `KeyInvalid ${at}.templateFrom[0].literal: a key that the template makes (no. 1 by name) is empty → give it a name`,
  },
  {
    name: 'a label that is no label',
    stage: { template: { metadata: { labels: { team: '{{ .user }} and more' } } } },
    want: `ValueInvalid ${at}.metadata.labels.team: the value of "team" is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends`,
  },
  {
    name: 'a label of 64 characters',
    stage: { template: from({ literal: 'a: {{ repeat 64 "a" }}', target: 'LABELS' }) },
    want: `ValueInvalid ${at}.templateFrom[0].literal: the value of a key that the template makes (no. 1 by name) is not a valid label value → use up to 63 letters, digits, - _ . with a letter or digit at both ends`,
  },
  {
    name: 'a label whose key is none',
    stage: { template: from({ literal: '{{ .user }}_: a', target: 'Labels' }) },
    want: `KeyInvalid ${at}.templateFrom[0].literal: a key that the template makes (no. 1 by name) cannot be the key of a label → use letters, digits, - _ . with an optional domain and / in front`,
  },
  {
    name: 'an annotation that is no text',
    stage: { template: { metadata: { annotations: { note: '{{ .bytes }}' } } } },
    want: `ValueInvalid ${at}.metadata.annotations.note: the value of "note" is not UTF-8 → put bytes into data, or encode them with b64enc`,
  },
  {
    name: 'an annotation whose key is none',
    stage: { template: { metadata: { annotations: { 'a/b/c': '' } } } },
    want: `KeyInvalid ${at}.metadata.annotations["a/b/c"]: "a/b/c" cannot be the key of an annotation → use letters, digits, - _ . with an optional domain and / in front`,
  },
  {
    name: 'a target that no Secret has, and an empty one',
    stage: {
      template: {
        templateFrom: [
          { literal: 'a: b', target: 'type' },
          { literal: 'a: b', target: '' },
        ],
      },
    },
    want: [
      `SpecInvalid ${at}.templateFrom[0].target: "type" is no part of a Secret → write Data, Labels or Annotations`,
      `SpecInvalid ${at}.templateFrom[1].target: "" is no part of a Secret → write Data, Labels or Annotations`,
    ],
  },
  {
    name: 'a path to the finalizers',
    stage: { template: from({ literal: 'a', target: 'metadata.finalizers' }) },
    want: `SpecInvalid ${at}.templateFrom[0].target: "metadata.finalizers" is no part of a Secret → write Data, Labels or Annotations`,
  },
  {
    name: 'a key that the type needs',
    stage: { template: { type: 'kubernetes.io/tls', data: { 'tls.crt': 'x' } } },
    want: `KeyInvalid ${at}.type: a Secret of type kubernetes.io/tls needs the key tls.key → add tls.key to template.data, or choose another type`,
  },
  {
    name: 'a key that the type needs and no template makes',
    stage: { template: { type: 'kubernetes.io/tls' } },
    want: `KeyInvalid ${at}.type: a Secret of type kubernetes.io/tls needs the key tls.crt and tls.key → add data with secretKey: tls.crt, or choose another type`,
  },
  {
    name: 'everything at once',
    stage: {
      template: { ...from(configMap), data: { a: '{{ .nix }}', b: '{{', c: '{{ .user }}' } },
      sources: { 'ConfigMap/tpl': {} },
    },
    want: [
      `TemplateSourceMissing ${at}.templateFrom[0].configMap.items[0].key: ConfigMap "tpl" has no key "a" → add "a" to the data of ConfigMap "tpl", or name another key`,
      `TemplateInvalid ${at}.data.a: line 1, column 4: there is no key "nix" → the data has bytes, map, password, user`,
      `TemplateInvalid ${at}.data.b: line 1: {{ is not closed → close it with }}`,
    ],
  },
]
for (const { name, stage, want } of bad) {
  t.test(`what is wrong is told: ${name}`, async t => {
    const lines = await run(engine, { fetched, ...stage })
    t.same(lines, [want].flat())
    t.notMatch(JSON.stringify(lines), canary)
  })
}

t.test('a loop without end is stopped, and told at its field', async t => {
  const data = { fine: '{{ .user }}', k: '{{ range until 100000000 }}{{ end }}' }
  t.match(await run(engine, { fetched, template: { data } }), [
    /^TemplateStopped spec\.target\.template\.data\.k: it (takes|needs) too/,
  ])
})

const sized = (bytes: number): Stage => ({
  fetched: { half: Buffer.alloc(512 * 1024, 'a'), rest: Buffer.alloc(bytes - 512 * 1024 - 3, 'b') },
  template: { data: { one: '{{ .half }}', two: '{{ .rest }}', three: 'xyz' } },
})
t.test('1 MiB of values is a Secret, one byte more is none, and the largest keys are told', async t => {
  t.notOk(Array.isArray(await run(engine, sized(1024 * 1024))))
  t.same(await run(engine, sized(1024 * 1024 + 1)), [
    'SecretTooLarge spec: the values have 1048577 bytes, 1048576 are allowed; largest: "one" 524288, "two" 524286, "three" 3 → split it into several ExternalSecrets',
  ])
})

t.test('how a large key is called that a template printed is not told', async t => {
  const fetched = { big: Buffer.alloc(950_000, 'a'), less: Buffer.alloc(99_000, 'b'), name: canary }
  const template = { mergePolicy: 'Merge', templateFrom: [{ literal: '{{ .name }}: "{{ .less }}"' }] }
  t.same(await run(engine, { fetched, template }), [
    `SecretTooLarge spec: the values have 1148011 bytes, 1048576 are allowed; largest: "big" 950000, "less" 99000, a key that the template makes (no. 1 by name) at ${at}.templateFrom[0].literal 99000 → split it into several ExternalSecrets`,
  ])
})

t.test('a key that data names is told by its name, though a template printed it before', async t => {
  const data = { k: Buffer.alloc(1024 * 1024 + 1, 'a').toString() }
  t.same(await run(engine, { template: { ...from({ literal: 'k: small' }), data } }), [
    'SecretTooLarge spec: the values have 1048577 bytes, 1048576 are allowed; largest: "k" 1048577 → split it into several ExternalSecrets',
  ])
})

const nasty = [
  '%s',
  '%s: x',
  '%s\t: y\n- ',
  '{"%s": [',
  '"%s',
  '%s/a b',
  '%s\n%s: 1',
  'é%s',
  '?%s\n\0',
  '- %s',
  '&%s *%s',
  '!%s x',
]
const wraps = [
  '.v',
  'fromJson .v',
  '(fromJson .v).a',
  'index (fromYaml .v) "b"',
  'b64dec .v',
  'int .v',
  'fail .v',
  'pkcs12key .v',
  'index . .v',
  'jwkPublicKeyPem .v',
  'regexMatch .v "a"',
  'toYaml .v',
  'atoi .v',
  'date .v now',
  'template .v',
  'semver .v',
  'filterPEM .v .v',
  'get . .v',
  'printf "%d" .v',
  'required .v ""',
  'urlParse .v',
  'toDate "2006" .v',
  'mustFromJson .v',
  'dig .v "a" (dict)',
]
const strategies = ['Base64', 'Base64URL', 'None', undefined]
t.test('no value is ever told, whatever a template does with it', async t => {
  const target = fc.constantFrom('Data', 'Labels', 'Annotations')
  const entry = fc.tuple(fc.constantFrom(...wraps), target, fc.constantFrom(...strategies), fc.boolean())
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...nasty), entry, async (pattern, [wrap, target, strategy, asKey]) => {
      const literal = asKey ? `{{ ${wrap} }}: x\n` : `{{ ${wrap} }}`
      const template = {
        ...from({ literal, target, ...(strategy && { valuesDecodingStrategy: strategy }) }),
        data: { 'a/b': `{{ ${wrap} }}` },
        metadata: { labels: { l: `{{ ${wrap} }}` } },
      }
      const lines = await run(engine, { fetched: { v: pattern.replaceAll('%s', canary) }, template })
      return Array.isArray(lines) && lines.length > 0 && !/canary/i.test(lines.join())
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('what is fetched counts only where it is written', async t => {
  const fetched = { a: Buffer.alloc(1024 * 1024, 'a'), b: Buffer.alloc(1024 * 1024, 'b') }
  const made = await run(engine, { fetched, template: { data: { k: '{{ len .a }}' } } })
  t.same(!Array.isArray(made) && made.data, { k: '1048576' })
})

t.test('a hundred faults are enough', async t => {
  const data = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, '{{']))
  const lines = await run(engine, { template: { data } })
  t.equal(Array.isArray(lines) && lines.length, 100)
})

t.test('a hundred thousand faults do not overflow the stack', async t => {
  const pairs = new Map(Array.from({ length: 100_000 }, (_, index) => [`k ${index}`, Sensitive.text('')]))
  const odd = { render: async () => ({ results: [{ is: 'pairs', pairs } as const] }) }
  const lines = await run(odd, { template: from({ literal: 'x' }) })
  t.equal(Array.isArray(lines) && lines.length, 100)
})

t.test('an engine that answers too little is a defect, not a Secret without the key', async t => {
  const made = await partsOf({ render: async () => ({ results: [] }) }, { template: { data: { k: '{{ 1 }}' } } })
  t.same('faults' in made && made.faults.map(({ code, path }) => `${code} ${path}`), [`Unexpected ${at}.data.k`])
})
