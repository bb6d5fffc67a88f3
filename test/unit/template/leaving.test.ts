import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'

/** Lines that the process prints, and how long it lived after the last of them. Milliseconds. */
const leave = async (how: string) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'leaving.ts'), how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const begun = performance.now()
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const lines = said.trim().split('\n')
  return { code, took: performance.now() - begun, lingered: Date.now() - Number(lines.pop()), lines }
}

const cases = {
  'without close': ['rendered'],
  close: ['rendered', 'rendered'],
  'close while it starts': ['the template engine cannot be started'],
  'close while it renders': ['rendered', ...Array<string>(2).fill('the template engine cannot be started')],
}

for (const [how, lines] of Object.entries(cases)) {
  t.test(`a process ends by itself when it has rendered: ${how}`, { timeout: 60_000 }, async t => {
    const left = await leave(how)
    t.equal(left.code, 0)
    t.same(left.lines, lines)
    t.ok(left.lingered < 2_000, `${Math.round(left.lingered)} ms after its last word`)
    // a render may take 20 s, and a thread as long to start: nobody waits for that
    t.ok(left.took < 15_000, `${Math.round(left.took)} ms in all`)
  })
}
