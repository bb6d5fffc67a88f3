// What happens when a process does not come up. A control plane that does is in test/live/controlplane.test.ts.
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startControlPlane } from '../../../dev/controlplane/index.ts'
import { binaryNames } from '../../../dev/controlplane/versions.ts'

/** A folder whose etcd is the given script and whose other binaries only sleep. */
const machine = (t: Test, etcd: string) => {
  const base = t.testdir({ bin: Object.fromEntries(binaryNames.map(name => [name, '#!/bin/sh\nexec sleep 60\n'])) })
  writeFileSync(join(base, 'bin', 'etcd'), `#!/bin/sh\n${etcd}\n`)
  for (const name of binaryNames) chmodSync(join(base, 'bin', name), 0o755)
  return { binaries: join(base, 'bin'), state: join(base, 'state') }
}

t.test('an etcd that fails shows its last words, leaves nothing running, and frees the folder', async t => {
  const options = machine(t, 'echo "panic: the disk is full"; exit 3')
  const message = /^etcd did not stay up: exit code 3 → its last words \(.*etcd\.log\):\n {2}panic: the disk is full$/
  await t.rejects(startControlPlane(options), { message })
  t.notOk(existsSync(join(options.state, 'children.json')))
  await t.rejects(startControlPlane(options), { message })
})

t.test('one folder holds one control plane, and the wait for readiness ends with what the logs say', async t => {
  const options = { ...machine(t, 'echo waiting; exec sleep 60'), readyTimeoutMs: 300 }
  const first = startControlPlane(options)
  const second = startControlPlane(options)
  await t.rejects(second, { message: /state is in use by process \d+ → stop it, or choose another folder/ })
  await t.rejects(first, { message: /not ready within 0\.3 s → last words of .*etcd\.log:\n {2}waiting/ })
})

t.test('a port that was taken meanwhile is replaced, unless the caller named it', async t => {
  const options = machine(t, 'echo "listen tcp 127.0.0.1:1: bind: address already in use"; exit 1')
  const progress: string[] = []
  const onProgress = ({ text }: { text: string }) => progress.push(text)
  await t.rejects(startControlPlane({ ...options, onProgress }), { message: /address already in use/ })
  t.equal(progress.filter(text => text.includes('trying others')).length, 2)
  progress.length = 0
  const named = startControlPlane({ ...options, onProgress, ports: { etcd: 1 } })
  await t.rejects(named, { message: /address already in use/ })
  t.equal(progress.filter(text => text.includes('trying others')).length, 0)
})

t.test('an abort during the start ends it', async t => {
  const options = machine(t, 'exec sleep 60')
  const controller = new AbortController()
  const onProgress = () => void setTimeout(() => controller.abort(new Error('enough')), 50)
  await t.rejects(startControlPlane({ ...options, signal: controller.signal, onProgress }), { message: 'enough' })
  t.notOk(existsSync(join(options.state, 'lock')))
})

t.test('a folder without the binaries is a clear error', async t => {
  const folder = t.testdir({})
  await t.rejects(startControlPlane({ binaries: folder, state: join(folder, 'state') }), {
    message: /lacks etcd, kube-apiserver, kube-controller-manager, kubectl → pass the folder that `assets` returns/,
  })
})
