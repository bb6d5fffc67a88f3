// A local stand-in for the two release sites, with good files unless told otherwise.
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { versions } from '../../../dev/controlplane/versions.ts'

const digest = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex')

/** One regular file as a ustar archive. */
const tarOf = (path: string, content: Uint8Array): Buffer => {
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write('0000755\0', 100)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('0', 156)
  header.write('ustar\0', 257)
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)])
}

const binary = (name: string) => Buffer.from(`#!/bin/sh\necho ${name}\n${'#'.repeat(5000)}\n`)

const kubernetes = ['kube-apiserver', 'kube-controller-manager', 'kubectl']
const etcdRelease = `etcd-${versions.etcd}-linux-amd64`

/** Every published file by its path. */
const published = (etcdEntry: string): Map<string, Buffer> => {
  const files = new Map<string, Buffer>()
  for (const name of kubernetes) {
    const path = `/release/${versions.kubernetes}/bin/linux/amd64/${name}`
    files.set(path, binary(name))
    files.set(`${path}.sha512`, Buffer.from(digest('sha512', binary(name))))
  }
  const archive = gzipSync(tarOf(etcdEntry, binary('etcd')))
  const base = `/etcd/${versions.etcd}`
  files.set(`${base}/${etcdRelease}.tar.gz`, archive)
  const sums = `${'0'.repeat(64)}  other.zip\n${digest('sha256', archive)}  ${etcdRelease}.tar.gz\n`
  files.set(`${base}/SHA256SUMS`, Buffer.from(sums))
  return files
}

export type Answer = (response: ServerResponse, content: Buffer) => void

/** Starts the site; `answers` replaces the answer for the paths that end with its keys. */
export const releaseSite = async (
  answers: Readonly<Record<string, Answer>> = {},
  etcdEntry = `${etcdRelease}/etcd`,
) => {
  const files = published(etcdEntry)
  const requests: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    requests.push(path)
    const content = files.get(path)
    const own = Object.entries(answers).find(([end]) => path.endsWith(end))
    if (own) own[1](response, content ?? Buffer.alloc(0))
    else if (content) response.end(content)
    else response.writeHead(404).end('not here')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { sites: { kubernetes: `${url}/release`, etcd: `${url}/etcd` }, requests, close }
}
