#!/usr/bin/env node
// The only file that reads argv and the environment, and that ends the process.
import { Fault } from '#core'

const usage = `usage: latchkey COMMAND [FLAG ...]

  serve      admission webhook and reconciler, in one process
  gateway    the development Akeyless gateway
  crds       print the CustomResourceDefinitions

  latchkey COMMAND --help lists the flags of a command.
`

const major = Number(process.versions.node.split('.')[0])

const write = (text: string): void => {
  process.stdout.write(text)
}

/** Runs one command to its end; the number is the exit code. */
const run = async (command: string | undefined, argv: readonly string[], signal: AbortSignal): Promise<number> => {
  const deps = { write, env: process.env, signal, now: () => new Date() }
  switch (command) {
    case 'serve': {
      const { serve } = await import('./cli/serve.ts')
      return serve([...argv], deps)
    }
    case 'gateway': {
      const { gateway } = await import('./cli/gateway.ts')
      await gateway([...argv], deps)
      return 0
    }
    case 'crds': {
      const { crds } = await import('./cli/crds.ts')
      crds(write)
      return 0
    }
    case '--help':
    case 'help':
      write(usage)
      return 0
    default:
      process.stderr.write(command === undefined ? usage : `latchkey: no command "${command}"\n\n${usage}`)
      return 2
  }
}

if (major < 24) {
  process.stderr.write(
    `latchkey: needs Node 24, this is ${process.version} → use the image, or npm run latchkey in a checkout\n`,
  )
  process.exit(1)
}

const stop = new AbortController()
// The first signal asks for an orderly end, the second one does not ask.
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stop.abort()
    process.once(name, () => process.exit(130))
  })
}

// `latchkey crds | head` closes the pipe early: that is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

const [command, ...argv] = process.argv.slice(2)
try {
  process.exitCode = await run(command, argv, stop.signal)
} catch (thrown) {
  // a Fault is ours and may be shown; anything else keeps its words to itself, they may quote a value
  const shown =
    thrown instanceof Fault
      ? thrown.line()
      : `a defect in Latchkey (${thrown instanceof Error ? thrown.stack : typeof thrown})`
  process.stderr.write(`latchkey: ${shown}\n`)
  // not exitCode: what was started before the failure would keep the process alive
  process.exit(1)
}
