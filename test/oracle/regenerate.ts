// Rewrites the answers in test/golden/*.json with those of ESO's Go libraries; the questions stay. Needs Go.
//   node test/oracle/regenerate.ts
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askProperties, buildOracle } from './oracle.ts'
import { answerTemplates, buildNativeEngine, goldenValues, type TemplateCase } from './template/oracle.ts'

const oracle = buildOracle(reason => {
  throw new Error(reason)
})
if (!oracle) process.exit(1)

const rewrite = <T extends object>(name: string, answered: (cases: T[]) => object[]): void => {
  const file = join(import.meta.dirname, '../golden', name)
  const cases = answered(JSON.parse(readFileSync(file, 'utf8')))
  writeFileSync(file, `[\n${cases.map(entry => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`)
}
const plain = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')

rewrite<{ text: string; path: string }>('gjson.json', cases => {
  const replies = askProperties(oracle, cases)
  return cases.map(({ text, path }, index) => {
    const { exists, valid, out } = replies[index]!
    return { text, path, valid, want: exists ? plain(out) : null }
  })
})
rewrite<{ text: string; strategy: string }>('decode.json', cases => {
  const replies = oracle(cases.map(entry => ({ op: 'decode', text: entry.text, strategy: entry.strategy })))
  return cases.map(({ text, strategy }, index) => {
    const { exists, out } = replies[index]!
    return { text, strategy, want: exists ? out : null }
  })
})
rewrite<{ text: string }>('extract.json', cases => {
  const replies = oracle(cases.map(({ text }) => ({ op: 'extract', text })))
  return cases.map(({ text }, index) => {
    const { exists, members } = replies[index]!
    const want = Object.entries(members ?? {}).map(([key, value]) => [key, plain(value)])
    return { text, want: exists ? want : null }
  })
})

const engine = buildNativeEngine(reason => {
  throw new Error(reason)
})
if (!engine) process.exit(1)

rewrite<TemplateCase>('template.json', cases => answerTemplates(engine, goldenValues(), cases))
rewrite<{ text: string; path: string }>('template-gjson.json', cases => {
  const replies = askProperties(oracle, cases)
  return cases.map(({ text, path }, index) => {
    const { exists, out } = replies[index]!
    return { text, path, want: exists ? plain(out) : null }
  })
})
