import { spawn } from 'node:child_process'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export type Kubectl = (args: readonly string[], input?: string) => Promise<Ran>

/** The real kubectl against one kubeconfig: what a user would type. */
export const kubectl =
  (binary: string, kubeconfig: string): Kubectl =>
  (args, input) =>
    new Promise((done, failed) => {
      const child = spawn(binary, ['--kubeconfig', kubeconfig, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout.on('data', chunk => out.push(chunk))
      child.stderr.on('data', chunk => err.push(chunk))
      child.on('error', failed)
      child.on('close', code =>
        done({ code: code ?? 1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
      )
      child.stdin.on('error', () => {})
      child.stdin.end(input ?? '')
    })

/** Fails with kubectl's own words when it fails. */
export const must = async (run: Promise<Ran>): Promise<string> => {
  const { code, stdout, stderr } = await run
  if (code !== 0) throw new Error(`kubectl: ${stderr.trim()}`)
  return stdout
}
