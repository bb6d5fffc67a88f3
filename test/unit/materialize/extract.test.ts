import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ExternalSecretSpec, type ItemValue } from '#api'
import { Sensitive } from '#core'
import { materialize } from '#materialize'

const golden: { text: string; want: [string, string][] | null }[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/extract.json'), 'utf8'),
)
const spec = ExternalSecretSpec.parse({ dataFrom: [{ extract: { key: '/a', conversionStrategy: 'Unicode' } }] })

t.test('extract takes from a JSON object what Go’s encoding/json takes, by its recorded answers', async t => {
  t.ok(golden.length >= 25)
  for (const [index, { text, want }] of golden.entries()) {
    const item: ItemValue = { type: 'STATIC_SECRET', text: Sensitive.text(text) }
    const made = materialize(spec, new Map([['/a@0', item]]))
    const name = `line ${index + 2} of extract.json`
    if ('faults' in made) {
      // Latchkey refuses two names that become one key and an empty key; Go’s library has no opinion on them.
      const codes = made.faults.map(fault => fault.code)
      if (want === null) t.match(codes[0], /^(NotJson|ItemEmpty)$/, name)
      else t.same(codes, [want.some(([key]) => key === '') ? 'KeyInvalid' : 'none'], name)
      continue
    }
    const got = [...made.data].map(([key, value]) => [key, value.reveal().toString('utf8')])
    const converted = (want ?? []).map(([key, value]) => [key.replaceAll(' ', '_U0020_'), value])
    t.same(got.sort(), converted.sort(), name)
    t.not(want, null, name)
  }
})
