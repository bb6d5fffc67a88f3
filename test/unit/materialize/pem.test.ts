import t from 'tap'
import { caCertificates } from '#materialize'

// A self-signed P-256 certificate of nobody, valid for a century.
const pem = `-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUZJttEB5gbh0UbezlAQcUZE/ridIwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHdGVzdC1jYTAgFw0yNjExMjEyMTUxNDdaGA8yMTI2MTAyODIx
NTE0N1owEjEQMA4GA1UEAwwHdGVzdC1jYTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABFXd8mZ/PUhhZfnl5MKZHZdVezvJ86TXBs3I8m75ZF/ftHESuaSRqDmcIzWo
71w9STDoZCq1LoPdS1gi3H7IMFejUzBRMB0GA1UdDgQWBBR5aZHOYl07Aws7CIkx
Mvk3AfeGtTAfBgNVHSMEGDAWgBR5aZHOYl07Aws7CIkxMvk3AfeGtTAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDE4yOs864vC6rhqXCNuAmnlxqQ
RrZ5qjJvTlZUxAExpQIgckjmI4iFmVJ8dKmGFY0G/gkKKG3EYL1HWfzSCLTXmZo=
-----END CERTIFICATE-----
`
const base64 = (text: string) => Buffer.from(text).toString('base64')

const good = [
  { name: 'PEM as it is', bundle: pem, count: 1 },
  { name: 'base64 of PEM, as the API wants it', bundle: base64(pem), count: 1 },
  { name: 'base64 with line breaks', bundle: base64(pem).replaceAll(/.{64}/g, '$&\n'), count: 1 },
  { name: 'base64 twice, as ESO takes it', bundle: base64(base64(pem)), count: 1 },
  { name: 'two certificates with words around them', bundle: base64(`CA 1\n${pem}\nCA 2\n${pem}`), count: 2 },
]
for (const { name, bundle, count } of good) {
  t.test(`caBundle is read from ${name}`, async t => {
    const found = caCertificates(bundle) ?? ''
    t.equal(found.match(/BEGIN CERTIFICATE/g)?.length, count)
    t.ok(found.startsWith(pem.trim()))
  })
}

const bad = {
  empty: '',
  'plain text': 'hunter2 hunter2!',
  'a key instead of a certificate': base64(pem.replaceAll('CERTIFICATE', 'PRIVATE KEY')),
  'a damaged certificate': base64(pem.replace('MII', 'MIJ').replace(/\n.{20}/, '\n')),
  'PEM without an end': base64(pem.slice(0, 200)),
  'only white space, much of it': `a${' '.repeat(300_000)}!`,
}
for (const [name, bundle] of Object.entries(bad)) {
  t.test(`caBundle with ${name} holds no certificate`, async t => t.equal(caCertificates(bundle), undefined))
}
