// Who opens a socket, a file or a process: for code that must not.
import childProcess from 'node:child_process'
import dgram from 'node:dgram'
import dns from 'node:dns'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

// biome-ignore lint/suspicious/noExplicitAny: functions of every kind are wrapped alike
type Any = any

const processes = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']
const lookups = ['lookup', 'resolve', 'resolve4', 'resolve6', 'lookupService']
/** Writing to a descriptor that is open opens nothing: so the test itself is told. */
const isOpener = (name: string): boolean => !/^(write|writev|fsync|fdatasync|close|fstat)(Sync)?$/.test(name)

const functionsOf = (module: Any): string[] =>
  Object.keys(module).filter(name => typeof module[name] === 'function' && /^[a-z]/.test(name))

/** Notes every call of these until it is ended. Everything that runs in this thread is seen, whoever imported what and how. */
export const watchOutside = () => {
  const calls: string[] = []
  const undo: (() => void)[] = []
  const wrap = (module: Any, names: readonly string[], label: string): void => {
    for (const name of names) {
      const original = module[name]
      if (typeof original !== 'function') continue
      module[name] = function (this: unknown, ...args: unknown[]) {
        calls.push(`${label}.${name}`)
        return Reflect.apply(original, this, args)
      }
      undo.push(() => {
        module[name] = original
      })
    }
  }
  wrap(net.Socket.prototype, ['connect'], 'net.Socket')
  wrap(net, ['connect', 'createConnection'], 'net')
  wrap(dgram, ['createSocket'], 'dgram')
  wrap(dns, lookups, 'dns')
  wrap(dns.promises, lookups, 'dns.promises')
  wrap(childProcess, processes, 'child_process')
  wrap(fs, functionsOf(fs).filter(isOpener), 'fs')
  wrap(fs.promises, functionsOf(fs.promises), 'fs.promises')
  syncBuiltinESMExports()
  return {
    calls: (): readonly string[] => calls,
    end: (): void => {
      for (const each of undo) each()
      syncBuiltinESMExports()
    },
  }
}
