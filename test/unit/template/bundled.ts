// What bundle.test.ts runs from a bundle: renders one template, and tells how many threads there were before and after.
import { Sensitive } from '#core'
import { createEngine, engineSource } from '#template'

const setTimer = (ms: number, fire: () => void) => {
  const timer = setTimeout(fire, ms)
  return () => clearTimeout(timer)
}

const threads = (): number => (process.report.getReport() as unknown as { workers: readonly unknown[] }).workers.length

const absent: unknown[] = []
const engine = createEngine({ source: engineSource(), setTimer, onAbsent: cause => absent.push(cause) })
const before = threads()
const outcome = await engine.render(new Map([['user', Sensitive.text('bärbel')]]), [
  { name: 'k', text: '{{ .user | upper }} → {{ .user | b64enc }}', gives: 'text' },
])
const after = threads()
await engine.close()
const rendered = 'results' in outcome ? outcome.results.map(one => one.is === 'text' && String(one.text.reveal())) : []
process.stdout.write(JSON.stringify({ before, after, rendered, absent: absent.length }))
