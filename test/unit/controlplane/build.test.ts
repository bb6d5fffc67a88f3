import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { assets } from '../../../dev/controlplane/index.ts'
import { versions } from '../../../dev/controlplane/versions.ts'

/** A machine whose only way is a `go` command: a shell script in the place of the real one, which takes minutes. */
const machine = (t: Test, script: string) => {
  const base = t.testdir({ bin: { go: `#!/bin/sh\n${script}\n` }, cache: {} })
  chmodSync(join(base, 'bin', 'go'), 0o755)
  const progress: string[] = []
  const PATH = `${join(base, 'bin')}:/usr/bin:/bin`
  const env = {
    PATH,
    XDG_CACHE_HOME: join(base, 'cache'),
    LATCHKEY_ASSETS: 'go',
    GOOS: 'plan9',
    LOG: join(base, 'log'),
  }
  const installed = () => readdirSync(join(base, 'cache', 'latchkey', 'controlplane'))
  return {
    options: { env, onProgress: ({ text }: { text: string }) => progress.push(text) },
    progress,
    installed,
    base,
  }
}

const builds = `if [ "$1" = list ]; then echo some/package; exit 0; fi
pwd >> $LOG; echo "$@" >> $LOG; echo "$CGO_ENABLED $GOWORK $GOOS" >> $LOG
while [ "$1" != -o ]; do shift; done
out=$2
case "$out" in
  */) for name in kube-apiserver kube-controller-manager kubectl; do echo "#!/bin/sh" > $out$name; chmod +x $out$name; done;;
  *) echo "#!/bin/sh" > $out; chmod +x $out;;
esac`

t.test('a build runs in the pinned modules, stamped with the version, for this platform', async t => {
  const { options, progress, installed, base } = machine(t, builds)
  const { dir, origin } = await assets(options)
  t.equal(origin, 'go')
  t.equal(readdirSync(dir).length, 4)
  t.equal(installed().length, 1)
  const log = readFileSync(join(base, 'log'), 'utf8')
  t.match(log, /controlplane\/go\/etcd\n.*go\.etcd\.io\/etcd\/server\/v3\n0 off \n/)
  t.match(log, /controlplane\/go\/kubernetes\n/)
  t.match(log, `-X k8s.io/component-base/version.gitVersion=${versions.kubernetes}`)
  t.match(log, '-mod=readonly -buildvcs=false -trimpath')
  t.ok(progress.some(text => /building etcd v[\d.]+ \(1 of 2\)/.test(text)))
  t.equal((await assets(options)).origin, 'cache')
})

t.test('a failing build shows the last words of Go and leaves nothing in the cache', async t => {
  const { options, installed } = machine(t, 'echo "go: go.mod requires go >= 1.26.0 (running go 1.20)" >&2; exit 1')
  await t.rejects(assets(options), {
    message: /go list for etcd .* ended with code 1 → .*\n {2}go: go\.mod requires go >= 1\.26/,
  })
  t.strictSame(installed(), [])
})

t.test('a build that leaves a binary out is not installed', async t => {
  const { options, installed } = machine(t, 'exit 0')
  await t.rejects(assets(options), { message: /the finished folder lacks etcd, kube-apiserver/ })
  t.strictSame(installed(), [])
})

t.test('an interrupted build ends, by the reason given, and leaves nothing in the cache', async t => {
  const { options, installed, base } = machine(t, 'echo started > $LOG; exec sleep 30')
  const controller = new AbortController()
  const running = assets({ ...options, signal: controller.signal })
  const started = setInterval(() => {
    if (existsSync(join(base, 'log'))) controller.abort(new Error('enough'))
  }, 10)
  await t.rejects(running, { message: 'enough' })
  clearInterval(started)
  t.strictSame(installed(), [])
})

t.test('where the download cannot be had, Go is next, and the reason is told', async t => {
  const { options, progress } = machine(t, builds)
  const nowhere = { kubernetes: 'http://127.0.0.1:1', etcd: 'http://127.0.0.1:1' }
  const platform = { os: 'linux', arch: 'amd64' }
  const env = { ...options.env, LATCHKEY_ASSETS: '' }
  t.equal((await assets({ ...options, env, platform, sites: nowhere })).origin, 'go')
  t.match(progress[0], /^no download: 127\.0\.0\.1:1 cannot be reached: ECONNREFUSED .*; building instead$/)
  t.equal((await assets({ ...options, env, platform, sites: nowhere })).origin, 'cache')
})
