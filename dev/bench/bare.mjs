// The webhook that Latchkey is compared with: node:https alone, parses the JSON, allows everything.
//   bare.mjs PORT CERT_FILE KEY_FILE        prints one line when it listens
// Plain JavaScript: what strips types would take memory that a bare server does not need.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

const [port, cert = '', key = ''] = process.argv.slice(2)

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
  const chunks = []
  request.on('data', chunk => chunks.push(chunk))
  request.on('end', () => {
    const { uid } = JSON.parse(Buffer.concat(chunks).toString()).request
    const answer = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true } }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
})
server.keepAliveTimeout = 120_000
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'))
process.once('SIGTERM', () => process.exit(0))
