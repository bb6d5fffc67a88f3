import { X509Certificate } from 'node:crypto'
import { connect, createServer } from 'node:tls'
import t from 'tap'
import { issueCa, issueLeaf, leafDays, randomSources } from '#certs'

const day = 86_400e3
const sources = randomSources()
const now = new Date('2026-11-21T12:00:00Z')
const names = { dns: ['latchkey.latchkey-system.svc', 'localhost'], ip: ['127.0.0.1', '::1'] }
const ca = await issueCa({ sources, now })
const leaf = await issueLeaf({ ca, sources, now, names })
const caCert = new X509Certificate(ca.cert)
const leafCert = new X509Certificate(leaf.cert)

t.test('the leaf is signed by the CA and both say so', async t => {
  t.ok(leafCert.verify(caCert.publicKey))
  t.ok(leafCert.checkIssued(caCert))
  t.ok(caCert.verify(caCert.publicKey))
  t.ok(caCert.ca)
  t.notOk(leafCert.ca)
})

t.test('the leaf is for TLS servers only and carries every name', async t => {
  t.same(leafCert.keyUsage, ['1.3.6.1.5.5.7.3.1'])
  t.ok(leafCert.checkHost('latchkey.latchkey-system.svc'))
  t.ok(leafCert.checkIP('127.0.0.1'))
  t.ok(leafCert.checkIP('::1'))
  t.notOk(leafCert.checkHost('latchkey'))
})

t.test('both start an hour ago, the CA ends after a year and the leaf after 90 days', async t => {
  t.equal(caCert.validFromDate.getTime(), now.getTime() - 3600e3)
  t.equal(caCert.validToDate.getTime(), now.getTime() + 365 * day)
  t.equal(leafCert.validFromDate.getTime(), now.getTime() - 3600e3)
  t.equal(leafCert.validToDate.getTime(), now.getTime() + leafDays * day)
})

t.test('a leaf never outlives its CA', async t => {
  const short = await issueCa({ sources, now, days: 10 })
  const bounded = await issueLeaf({ ca: short, sources, now, names })
  t.equal(new X509Certificate(bounded.cert).validTo, new X509Certificate(short.cert).validTo)
})

t.test('serial numbers are positive, 16 bytes long and different', async t => {
  const serials = Array.from({ length: 50 }, () => sources.newSerial())
  t.equal(new Set(serials).size, 50)
  for (const serial of serials) t.match(serial, /^[4-7][0-9a-f]{31}$/)
  t.not(caCert.serialNumber, leafCert.serialNumber)
})

t.test('the keys print as nothing', async t => {
  t.notMatch(JSON.stringify({ ca, leaf }), /PRIVATE/)
})

t.test('a TLS client that trusts the CA accepts the leaf, one that trusts another CA does not', async t => {
  const current = new Date()
  const ours = await issueCa({ sources, now: current })
  const theirs = await issueCa({ sources, now: current })
  const served = await issueLeaf({ ca: ours, sources, now: current, names })
  const server = createServer({ cert: served.cert, key: served.key.reveal() }, socket => socket.end())
  server.on('tlsClientError', () => {})
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const handshake = (trust: string, servername: string) =>
    new Promise<string>(done => {
      const socket = connect({ port, host: '127.0.0.1', ca: trust, servername }, () => {
        socket.end()
        done('accepted')
      })
      socket.on('error', error => done('code' in error ? String(error.code) : 'refused'))
    })
  t.equal(await handshake(ours.cert, 'latchkey.latchkey-system.svc'), 'accepted')
  t.equal(await handshake(ours.cert + theirs.cert, 'localhost'), 'accepted', 'two CAs of the same name do not confuse')
  t.equal(await handshake(theirs.cert + ours.cert, 'localhost'), 'accepted')
  t.equal(await handshake(ours.cert, 'evil.example'), 'ERR_TLS_CERT_ALTNAME_INVALID')
  t.not(await handshake(theirs.cert, 'localhost'), 'accepted')
})
