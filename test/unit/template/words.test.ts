import t from 'tap'
import { Sensitive } from '#core'
import { problemOf, sensitive, startEngine } from './running.ts'

const engine = startEngine()
t.teardown(() => engine.close())
const canary = 'canary-7f3a'
const values = sensitive({ user: canary, password: canary, json: `{"a":{"b":"${canary}"}}` })

const cases = [
  { text: '{{ .user | uper }}', message: 'line 1: function "uper" is not defined', remedy: 'did you mean upper?' },
  { text: 'a\n\n{{ .usr }}', message: 'line 3, column 4: there is no key "usr"', remedy: 'did you mean user?' },
  {
    text: '{{ .zzz }}',
    message: 'line 1, column 4: there is no key "zzz"',
    remedy: 'the data has json, password, user',
  },
  { text: '{{ (fromJson .json).x }}', message: 'line 1, column 14: there is no key "x"', remedy: /default/ },
  { text: '{{ if .user }}', message: 'line 1: the text ends inside of a block', remedy: /\{\{ end \}\}/ },
  { text: '{{ end }}', message: 'line 1: {{ end }} stands outside of any block', remedy: /\{\{ end \}\}/ },
  { text: '{{ .user', message: 'line 1: {{ is not closed', remedy: 'close it with }}' },
  { text: '{{ .my-key }}', message: 'line 1: a character is not allowed there', remedy: /index \. "my-key"/ },
  { text: '{{ $x }}', message: 'line 1: variable $x is not defined here', remedy: /\$x := / },
  { text: '{{ template "x" }}', message: 'line 1, column 13: template "x" is not defined', remedy: /define/ },
  {
    text: '{{ .user.x }}',
    message: 'line 1, column 9: "x" is asked of something that has no fields',
    remedy: /fromJson/,
  },
  { text: '{{ .user | atoi | upper }}', message: /text is needed, not a whole number/, remedy: /toString/ },
  { text: '{{ upper }}', message: /upper is called with a wrong number of arguments/, remedy: undefined },
  { text: '{{ eq .user 1 }}', message: /eq cannot compare/, remedy: /int/ },
  { text: '{{ index (list 1) 5 }}', message: /index finds nothing at that place/, remedy: /len/ },
  { text: '{{ fail .password }}', message: 'line 1, column 4: the template itself says fail', remedy: /condition/ },
  {
    text: '{{ range (len .user) }}{{ end }}{{ range 1.5 }}{{ end }}',
    message: /range needs a list/,
    remedy: /fromJson/,
  },
  { text: '{{ pkcs12key .password }}', message: /function pkcs12key cannot use/, remedy: /value/ },
]

t.test('a problem says where it is, what is wrong and what would be right', async t => {
  for (const { text, message, remedy } of cases) {
    const problem = await problemOf(engine, values, text)
    t.match(problem?.message, message, text)
    if (remedy === undefined) t.equal(problem?.remedy, undefined, text)
    else t.match(problem?.remedy, remedy, text)
    t.equal(problem?.blame, 'template')
  }
})

t.test('all problems of a request are told at once, each with its place', async t => {
  const texts = ['{{ .user }}', '{{ .usr }}', 'plain', '{{ .user | uper }}']
  const outcome = await engine.render(
    values,
    texts.map(text => ({ name: 'k', text, gives: 'text' as const })),
  )
  t.same('problems' in outcome && outcome.problems.map(({ index }) => index), [1, 3])
})

const leaks = [
  ...[
    '{{ fail .password }}',
    '{{ range .password | atoi }}{{ end }}{{ range (dict) }}{{ end }}{{ 1 | index .password }}',
  ],
  ...[
    '{{ mustFromJson .password }}',
    '{{ toDate "2006" .password | mustToDate "x" }}',
    '{{ mustToDate "2006" .password }}',
  ],
  ...['{{ template .password }}', '{{ index . .password 1 2 }}', '{{ call .password }}', '{{ semver .password }}'],
  ...[
    '{{ mustRegexMatch (print "[" .password) "a" }}',
    '{{ urlParse (print "::" .password) }}',
    '{{ len 1 .password }}',
  ],
  ...[
    '{{ jwkPublicKeyPem .password }}',
    '{{ rsaDecrypt .password "x" "y" "z" }}',
    '{{ buildCustomCert .password "x" }}',
  ],
  ...[
    '{{ genCAWithKey .password 1 .password }}',
    '{{ dict "a" 1 | mustFirst }}',
    '{{ .password.x }}',
    '{{ eq .password (list) }}',
  ],
  ...[
    '{{ $m := dict .password 1 }}{{ $m.absent }}',
    '{{ fromJson .json | dig "a" "b" "c" "d" }}',
    '{{ slice .password 99 }}',
  ],
  ...[
    '{{ genSelfSignedCert "a" (list .password) nil 1 }}',
    '{{ substr 90 99 .password }}',
    '{{ repeat 99999999999 .password }}',
  ],
  // every way to hand a value to a function that fails, or to take it for a name
  ...[
    '{{ .password | atoi | upper }}',
    '{{ mustRegexMatch .password "x" 1 }}',
    '{{ mustRegexMatch (print "(" .password) "x" }}',
  ],
  ...['{{ index . .password .password }}', '{{ index .password .password }}', '{{ index (list) .password }}'],
  ...['{{ .password | fail }}', '{{ print .password | printf "%s\n%s" "map has no entry for key" | fail }}'],
  ...[
    '{{ fail (printf "map has no entry for key %q" .password) }}',
    '{{ include .password }}',
    '{{ tpl .password . }}',
  ],
  ...['{{ fail `>: template "` .password }}', '{{ fail (print `>: template "` .password `" not defined`) }}'],
  ...['{{ block .password . }}{{ end }}', '{{ define .password }}{{ end }}', '{{ $x := .password }}{{ $x.y.z }}'],
  ...[
    '{{ get .password "x" }}',
    '{{ (dict .password .password).zz }}',
    '{{ dict .password | toJson | mustFromJson | len 1 }}',
  ],
  ...['{{ mustToJson .password | fail }}', '{{ mustDateModify .password now }}', '{{ mustSlice .password 1 }}'],
  ...['{{ range $i, $x := .password }}{{ end }}', '{{ with .password }}{{ .x }}{{ end }}', '{{ lt .password 1 }}'],
  ...['{{ derivePassword 1 .password "a" "b" "c" | fail }}', '{{ genPrivateKey .password | fail }}'],
  ...['{{ semverCompare .password "1" }}', '{{ duration .password | fail }}', '{{ mustRound .password }}'],
  ...[
    '{{ pemToPkcs12 .password .password }}',
    '{{ filterPEM "X" .password }}',
    '{{ filterCertChain "leaf" .password }}',
  ],
  ...[
    '{{ certSANs .password }}',
    '{{ fullPemToPkcs12Pass .password .password .password }}',
    '{{ hexdec .password | fail }}',
  ],
  ...['{{ fromYaml (print "[" .password) | toJson | fail }}', '{{ decryptAES .password .password }}'],
  ...['{{ htpasswd .password .password .password }}', '{{ htpasswd (print .password ":") "x" "sha" | fail }}'],
  ...[
    '{{ index (dict "a" .password) "a" "b" }}',
    '{{ (index (dict "a" .password) "a").b }}',
    '{{ range 1.5 }}{{ .password }}{{ end }}',
  ],
]

/** As a rewrite renders it, where a missing key is no problem. */
const problemsOfEach = async (text: string) => {
  const outcome = await engine.renderEach([{ values, template: { name: 'k', text, gives: 'text', missing: 'print' } }])
  return 'problems' in outcome ? outcome.problems : []
}

t.test('a problem never shows a value', async t => {
  for (const text of leaks) {
    const problem = await problemOf(engine, values, text)
    t.notMatch(JSON.stringify(problem ?? null), canary, text)
    const [rewritten] = await problemsOfEach(text)
    t.notMatch(JSON.stringify(rewritten ?? null), canary, text)
  }
  const pairs = await engine.render(values, [{ name: 'k', text: '- {{ .password }}', gives: 'pairs' }])
  t.ok('problems' in pairs)
  t.notMatch(JSON.stringify(pairs), canary)
  const yaml = await engine.json([Sensitive.text(`a: [${canary}`)])
  t.ok('problems' in yaml)
  t.notMatch(JSON.stringify(yaml), canary)
})

t.test('texts can be checked without values', async t => {
  const good = await engine.check([{ name: 'k', text: '{{ .anything | upper }}' }])
  t.same(good, { results: [undefined] })
  const bad = await engine.check([{ name: 'k', text: '{{ .anything | uper }}' }])
  t.match('problems' in bad && bad.problems[0]?.message, /uper/)
})

t.test('YAML becomes JSON with all digits', async t => {
  const outcome = await engine.json([Sensitive.text('a: 9007199254740993\nb: [yes, 1.50, x]\n')])
  t.equal('results' in outcome && outcome.results[0]?.reveal().toString(), '{"a":9007199254740993,"b":[true,1.5,"x"]}')
})
