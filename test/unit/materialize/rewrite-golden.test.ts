import t from 'tap'
import { goldenPath, readGolden } from '../../oracle/golden.ts'
import type { RewriteCase } from '../../oracle/rewrite/oracle.ts'
import { startEngine } from '../template/running.ts'
import { rewritten } from './rewriting.ts'

const engine = startEngine()
t.teardown(() => engine.close())

/** What main.go's reasons are called here. */
const codes: Readonly<Record<string, string>> = {
  collision: 'KeyCollision',
  conflict: 'KeyCollision',
  empty: 'KeyInvalid',
  into: 'SpecInvalid',
  json: 'NotJson',
  priority: 'PropertyNotFound',
  regexp: 'SpecInvalid',
  template: 'TemplateInvalid',
}

t.test('rewrite steps give what Go’s own libraries give, or are refused where they refuse', async t => {
  const cases: RewriteCase[] = JSON.parse(readGolden('rewrite.json'))
  t.ok(cases.length >= 200, goldenPath('rewrite.json'))
  for (const [index, { steps, data, want, refused }] of cases.entries()) {
    const made = await rewritten(steps, data, engine)
    const line = `line ${index + 2} of rewrite.json: ${JSON.stringify(steps).slice(0, 80)}`
    if ('faults' in made) t.same([...new Set(made.faults.map(({ code }) => code))], [codes[refused ?? '']], line)
    else t.same(new Map(made.pairs), want && new Map(Object.entries(want)), line)
  }
})
