import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import t from 'tap'
import { goldenFiles, goldenInputs, goldenPath, goPrograms, readGolden } from '../../oracle/golden.ts'

const missing = new Set<string>()
const programs = goPrograms(reason => missing.add(reason))
t.teardown(() => {
  // past tap, which `npm test` shortens to a line a file: whoever reads the run must know what it did not compare
  for (const reason of missing) process.stderr.write(`# ${reason}; no answer was compared with Go's\n`)
})

t.test('every golden file is answered by a Go program or named as input', async t => {
  const known = [...Object.keys(goldenFiles), ...goldenInputs]
  t.same(readdirSync(dirname(goldenPath('gjson.json'))).sort(), known.sort())
})

for (const [name, regenerate] of Object.entries(goldenFiles)) {
  t.test(`the committed answers of ${name} are those that Go gives today`, async t => {
    const committed = readGolden(name)
    const regenerated = regenerate(programs, committed)
    if (regenerated === undefined) return void t.comment('taken as committed')
    // line by line, so that a difference is told as one case
    t.same(regenerated.split('\n'), committed.split('\n'), `run test/oracle/regenerate.ts ${name}`)
  })
}
