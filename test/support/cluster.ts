// The control plane that test/run.ts starts once for all live tests.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request as send } from 'undici'
import { parse } from 'yaml'
import { z } from 'zod'

const given = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set → run the live tests with: npm test`)
  return value
}

/** The administrator's kubeconfig. */
export const kubeconfigPath = given('LATCHKEY_TEST_KUBECONFIG')
const kubectlPath = given('LATCHKEY_TEST_KUBECTL')

const Kubeconfig = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.base64() }) })]),
  users: z.tuple([z.object({ user: z.object({ token: z.string() }) })]),
})
const config = Kubeconfig.parse(parse(readFileSync(kubeconfigPath, 'utf8')))
const { server, 'certificate-authority-data': caData } = config.clusters[0].cluster
const { token } = config.users[0].user
const dispatcher = new Agent({ connect: { ca: Buffer.from(caData, 'base64') } })

/** The API server: its address, its CA (PEM), the administrator's token. */
export const apiServer = { url: server, ca: Buffer.from(caData, 'base64').toString('utf8'), token }

/** What a test can be asked to do when it is over; tap's tests fit. */
interface Ending {
  teardown(fn: () => unknown): unknown
}

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs kubectl as the administrator. A failure is an outcome, not an error: tests read what users see. */
export const kubectl = (
  args: readonly string[],
  options: { input?: string; namespace?: string } = {},
): Promise<Outcome> => {
  const own = [`--kubeconfig=${kubeconfigPath}`, `--cache-dir=${join(dirname(kubeconfigPath), 'kubectl-cache')}`]
  const where = options.namespace === undefined ? [] : [`--namespace=${options.namespace}`]
  const child = spawn(kubectlPath, [...own, ...where, ...args], { stdio: 'pipe' })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece
    })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  return new Promise((done, failed) => {
    child.on('error', failed)
    child.on('close', code => done({ code: code ?? 1, ...text }))
  })
}

export interface Reply {
  readonly status: number
  // tests look into answers of every kind, and a wrong guess fails the test anyway
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any
}

/** One request as the administrator, JSON in and out; every status is an answer. */
export const request = async (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
): Promise<Reply> => {
  const answer = await send(`${server}${path}`, {
    method,
    dispatcher,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': contentType }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  })
  const text = await answer.body.text()
  const isJson = String(answer.headers['content-type']).startsWith('application/json')
  return { status: answer.statusCode, body: isJson ? JSON.parse(text) : text }
}

/** Makes a namespace for one test, which is deleted after it (nobody waits for that), and returns its name. */
export const namespace = async (t: Ending): Promise<string> => {
  const name = `test-${randomBytes(4).toString('hex')}`
  const { status } = await request('POST', '/api/v1/namespaces', { metadata: { name } })
  if (status !== 201) throw new Error(`namespace ${name} was not created: HTTP ${status}`)
  t.teardown(() => request('DELETE', `/api/v1/namespaces/${name}`))
  return name
}

/** Asks every 50 ms until `probe` gives something; the failure says what was waited for. */
export const until = async <T>(
  t: Ending,
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 15_000,
): Promise<T> => {
  // a test that tap has given up on must not go on asking
  let isOver = false
  t.teardown(() => {
    isOver = true
  })
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (found !== undefined) return found
    if (isOver || performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`)
    await sleep(50)
  }
}
