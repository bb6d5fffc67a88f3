import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type AssetsOptions, assets } from '../../../dev/controlplane/index.ts'
import { binaryNames } from '../../../dev/controlplane/versions.ts'
import { type Answer, releaseSite } from './release-site.ts'

const timeouts = { connectMs: 300, headersMs: 300, bodyMs: 300 }
const platform = { os: 'linux', arch: 'amd64' }

/** Options of a machine without Go and with an empty cache; `t.testdir` is removed by tap. */
const machine = (t: Test, sites: { kubernetes: string; etcd: string }, env: Record<string, string> = {}) => {
  const cache = t.testdir({})
  const progress: string[] = []
  const options: AssetsOptions = {
    env: { XDG_CACHE_HOME: cache, PATH: '', LATCHKEY_ASSETS: 'download', ...env },
    sites,
    timeouts,
    platform,
    onProgress: ({ text }) => progress.push(text),
  }
  return { options, progress, installed: () => (existsSync(root(cache)) ? readdirSync(root(cache)) : []) }
}
const root = (cache: string) => join(cache, 'latchkey', 'controlplane')

t.test('good binaries are installed, executable, and the second call asks for nothing', async t => {
  const site = await releaseSite()
  t.teardown(site.close)
  const { options, progress, installed } = machine(t, site.sites)
  const first = await assets(options)
  t.equal(first.origin, 'download')
  for (const name of binaryNames) {
    t.match(readFileSync(join(first.dir, name), 'utf8'), `echo ${name}\n`)
    t.equal(statSync(join(first.dir, name)).mode & 0o111, 0o111, `${name} is executable`)
  }
  t.strictSame(readdirSync(first.dir).sort(), [...binaryNames].sort(), 'the archive is not kept')
  t.equal(installed().length, 1, 'no lock and no unfinished folder is left')
  t.ok(progress.some(text => /^downloading kube-apiserver: [\d.]+ of [\d.]+ MB$/.test(text)))
  const asked = site.requests.length
  t.strictSame(await assets(options), { dir: first.dir, origin: 'cache' })
  const { LATCHKEY_ASSETS: _forced, ...free } = options.env
  t.strictSame(await assets({ ...options, env: free }), { dir: first.dir, origin: 'cache' })
  t.equal(site.requests.length, asked)
})

t.test('two calls at once do the work once', async t => {
  const site = await releaseSite()
  t.teardown(site.close)
  const { options } = machine(t, site.sites)
  const both = await Promise.all([assets(options), assets(options)])
  t.strictSame(both.map(({ origin }) => origin).sort(), ['cache', 'download'])
  t.equal(site.requests.length, new Set(site.requests).size, 'no file was asked for twice')
})

t.test('a redirect is followed, as both sites use them', async t => {
  const target = await releaseSite()
  t.teardown(target.close)
  const to = (path: string) => `${target.sites.kubernetes.replace('/release', '')}${path}`
  const site = await releaseSite({
    '/kubectl': response => response.writeHead(302, { location: to(site.requests.at(-1) ?? '') }).end(),
  })
  t.teardown(site.close)
  const { options } = machine(t, site.sites)
  t.equal((await assets(options)).origin, 'download')
  t.equal(target.requests.length, 1)
})

const status =
  (code: number): Answer =>
  response =>
    response.writeHead(code).end('<html>a page</html>')
const altered: Answer = (response, content) => response.end(Buffer.concat([content, Buffer.from('!')]))
const truncated: Answer = (response, content) => {
  response.writeHead(200, { 'content-length': content.length })
  response.write(content.subarray(0, 100), () => response.destroy())
}
const stalled: Answer = (response, content) => {
  response.writeHead(200, { 'content-length': content.length })
  response.write(content.subarray(0, 100))
}
const silent: Answer = () => {}
const page: Answer = response => response.end('<html>sign in to this network</html>')

const troubles: { name: string; answers: Record<string, Answer>; want: RegExp }[] = [
  {
    name: 'a binary with a wrong checksum',
    answers: { '/kube-apiserver': altered },
    want: /kube-apiserver: wrong checksum: sha512 is [0-9a-f]{16}…, published is [0-9a-f]{16}… → .*LATCHKEY_ASSETS=go/,
  },
  {
    name: 'an archive with a wrong checksum',
    answers: { '.tar.gz': altered },
    want: /etcd-v[\d.]+-linux-amd64.tar.gz: wrong checksum: sha256 is/,
  },
  {
    name: 'a binary that is cut short',
    answers: { '/kube-controller-manager': truncated },
    want: /kube-controller-manager: the connection ended after \d+ of \d{4} bytes.* → try again/,
  },
  {
    name: 'an archive that is cut short',
    answers: { '.tar.gz': truncated },
    want: /tar.gz: the connection ended after \d+ of \d+ bytes/,
  },
  {
    name: 'a binary that stops in the middle',
    answers: { '/kube-apiserver': stalled },
    want: /kube-apiserver: the connection ended after 100 of \d{4} bytes \(UND_ERR_BODY_TIMEOUT\)/,
  },
  {
    name: 'a binary that is not there',
    answers: { '/kubectl': status(404) },
    want: /kubectl: HTTP 404, no such file → check the version/,
  },
  {
    name: 'a checksum file that is not there',
    answers: { SHA256SUMS: status(404) },
    want: /SHA256SUMS: HTTP 404/,
  },
  { name: 'a site in trouble', answers: { '.sha512': status(503) }, want: /kubectl.sha512: HTTP 503 → / },
  {
    name: 'a page where the checksum should be',
    answers: { '.sha512': page },
    want: /kubectl.sha512: no sha512 digest for kubectl in it → check the address/,
  },
  {
    name: 'a site that takes the request and says nothing',
    answers: { '.sha512': silent },
    want: /127.0.0.1:\d+ cannot be reached: no answer in time \(UND_ERR_HEADERS_TIMEOUT\) → check the connection/,
  },
]

for (const { name, answers, want } of troubles)
  t.test(`${name} is a clear error and leaves nothing in the cache`, async t => {
    const site = await releaseSite(answers)
    t.teardown(site.close)
    const { options, installed } = machine(t, site.sites)
    await t.rejects(assets(options), { message: want })
    t.strictSame(installed(), [])
  })

t.test('an archive without etcd in it is a clear error', async t => {
  const site = await releaseSite({}, 'other/etcd')
  t.teardown(site.close)
  const { options, installed } = machine(t, site.sites)
  await t.rejects(assets(options), { message: /amd64.tar.gz: no etcd-v[\d.]+-linux-amd64\/etcd in it → / })
  t.strictSame(installed(), [])
})

t.test('a platform for which nothing is published is a clear error', async t => {
  const site = await releaseSite()
  t.teardown(site.close)
  const { options, installed } = machine(t, site.sites)
  const other = { ...options, platform: { os: 'linux', arch: 'riscv64' } }
  await t.rejects(assets(other), { message: /riscv64\/kubectl.sha512: HTTP 404, no such file/ })
  t.strictSame(installed(), [])
})

t.test('a connection that is never made ends after the short connect time', async t => {
  // takes the TCP connection and never answers the TLS handshake: to a client that is a connect that hangs
  const server = createServer(socket => t.teardown(() => socket.destroy()))
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const url = `https://127.0.0.1:${port}`
  const { options, installed } = machine(t, { kubernetes: url, etcd: url })
  const started = performance.now()
  await t.rejects(assets(options), { message: /127.0.0.1:\d+ cannot be reached: no answer in time \(UND_ERR_CONNECT/ })
  t.ok(performance.now() - started < 3000)
  t.strictSame(installed(), [])
})

t.test('a refused connection is a clear error', async t => {
  const site = await releaseSite()
  site.close()
  const { options } = machine(t, site.sites)
  await t.rejects(assets(options), { message: /127.0.0.1:\d+ cannot be reached: ECONNREFUSED → check the connection/ })
})

t.test('macOS has no published server binaries, which is said without a request', async t => {
  const site = await releaseSite()
  t.teardown(site.close)
  const { options } = machine(t, site.sites)
  const mac = { ...options, platform: { os: 'darwin', arch: 'arm64' } }
  await t.rejects(assets(mac), { message: /no published kube-apiserver binaries for darwin-arm64/ })
  t.strictSame(site.requests, [])
})

t.test('without network and without Go the message names every way out', async t => {
  const site = await releaseSite()
  site.close()
  const { options } = machine(t, site.sites, { LATCHKEY_ASSETS: '' })
  await t.rejects(assets(options), {
    message: /cannot be reached: ECONNREFUSED.*no go command on PATH.*install Go 1\.26.*LATCHKEY_ASSETS to a folder/,
  })
})

t.test('a wrong checksum does not fall back to a build', async t => {
  const site = await releaseSite({ '/kubectl': altered })
  t.teardown(site.close)
  const bin = t.testdir({ go: '' })
  const { options } = machine(t, site.sites, { LATCHKEY_ASSETS: '', PATH: bin })
  await t.rejects(assets(options), { message: /wrong checksum/ })
})

t.test('a proxy that the environment names is used, or passed by where no_proxy says so', async t => {
  const site = await releaseSite()
  t.teardown(site.close)
  for (const [code, want] of [
    [403, /kubectl\.sha512: HTTP 403/],
    [407, /cannot be reached: the proxy answered 407 → check the connection and HTTPS_PROXY/],
  ] as const) {
    const proxy = await releaseSite({ '': status(code) })
    t.teardown(proxy.close)
    const via = proxy.sites.etcd.replace('/etcd', '')
    const { options } = machine(t, site.sites, { http_proxy: via })
    await t.rejects(assets(options), { message: want })
    t.strictSame(site.requests.splice(0), [])
  }
  const { options } = machine(t, site.sites, { http_proxy: 'http://127.0.0.1:1', no_proxy: '127.0.0.1' })
  t.equal((await assets(options)).origin, 'download')
})
