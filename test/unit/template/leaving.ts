// What leaving.test.ts runs as a process: renders with the timers that any program has, says so, and has nothing left to do.

import { createEngine, engineSource } from '#template'
import { setTimer } from './running.ts'

const engine = createEngine({ source: engineSource(), setTimer, onAbsent: () => process.stdout.write('absent\n') })
const render = async (text: string) => {
  const outcome = await engine.render(new Map(), [{ name: 'k', text, gives: 'text' }])
  process.stdout.write('results' in outcome ? 'rendered\n' : `${outcome.problems[0]?.message}\n`)
}

const long = '{{ define "x" }}{{ genPrivateKey "rsa" }}{{ end }}{{ range until 100 }}{{ template "x" }}{{ end }}'
const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  'without close': () => render('x'),
  close: async () => {
    await render('x')
    await render('{{ genPrivateKey "ed25519" }}')
    await engine.close()
  },
  'close while it starts': async () => {
    const rendered = render('x')
    await engine.close()
    await rendered
  },
  'close while it renders': async () => {
    await render('{{ genPrivateKey "ed25519" }}')
    const rendered = [render(long), render(long)]
    // by now the thread has it
    await new Promise(done => setTimeout(done, 100))
    await engine.close()
    await Promise.all(rendered)
  },
}

await ways[process.argv[2] ?? '']?.()
process.stdout.write(`${Date.now()}\n`)
