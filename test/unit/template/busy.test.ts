// A template is ended for what it spends, and not for what a busy machine makes it wait.
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { engineSource } from '#template'
import { writeCalls } from '../../../pkg/template/frame.ts'
import { loadEngine } from '../../../pkg/template/source.ts'
import { openThread } from '../../../pkg/template/thread.ts'
import { setTimer } from './running.ts'

const work = (rounds: number) => {
  const text = `{{ range until ${rounds} }}{{ . | toString | sha256sum | trunc 0 }}{{ end }}`
  return writeCalls([
    { operation: 'values', fields: [] },
    { operation: 'render', fields: ['k', text, 'refuse', 'text'] },
  ])
}

t.test('a request on a busy machine gets as long as it takes to spend its time, and no longer', async t => {
  const source = engineSource()
  const open = async () => {
    const module = await loadEngine(source.engine)
    const signal = new AbortController().signal
    const thread = await openThread({
      source: source.worker,
      module,
      setTimer,
      idleMs: 60_000,
      onIdle: () => {},
      signal,
    })
    if (!thread) throw new Error('the engine does not start')
    return thread
  }
  const thread = await open()
  const took = async (rounds: number) => {
    const begun = performance.now()
    const { is } = await thread.ask(work(rounds), 20_000)
    t.equal(is, 'replies')
    return performance.now() - begun
  }
  await took(500)
  const alone = Math.min(await took(500), await took(500), await took(500))
  const hogs = Array.from({ length: 12 }, () => new Worker('for (;;);', { eval: true }))
  await Promise.all(hogs.map(hog => new Promise(started => hog.once('online', started))))
  // what it spends now is not much more than what it spends alone; what it waits is
  const limitMs = 3 * alone
  const waited = await took(500)
  t.comment(`${Math.round(alone)} ms alone, ${Math.round(waited)} ms here`)
  t.equal((await thread.ask(work(500), limitMs)).is, 'replies')
  t.match(await thread.ask(work(50_000), limitMs), { is: 'stopped', why: 'too-slow' })
  await Promise.all([thread.close(), ...hogs.map(hog => hog.terminate())])
})
