// Rewrites the answers in test/golden/*.json with those of ESO's Go libraries; the questions stay. Needs Go.
//   node test/oracle/regenerate.ts [NAME.json...]
import { writeFileSync } from 'node:fs'
import { goldenFiles, goldenPath, goPrograms, readGolden } from './golden.ts'

const programs = goPrograms(reason => {
  throw new Error(reason)
})
const asked = process.argv.slice(2)
for (const [name, regenerate] of Object.entries(goldenFiles)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const text = regenerate(programs, readGolden(name))
  if (text !== undefined) writeFileSync(goldenPath(name), text)
}
