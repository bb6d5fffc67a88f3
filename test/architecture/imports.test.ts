import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { clockReaders, environmentReaders, type Module, type ModuleName, modules } from './modules.ts'
import { code, importsOf, moduleOf, read, root, sources, target } from './source.ts'

const names = Object.keys(modules) as ModuleName[]
const table: Readonly<Record<ModuleName, Module>> = modules
const own = sources().filter(file => moduleOf(file) !== undefined)
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** Why one import is not allowed, or undefined. */
const fault = (file: string, specifier: string): string | undefined => {
  const name = moduleOf(file)
  if (!name) return undefined
  const { imports, packages } = table[name]
  if (specifier.startsWith('#')) {
    const other = specifier.slice(1)
    return other === name
      ? 'imports its own index'
      : imports.includes(other)
        ? undefined
        : `${name} may not import ${specifier}`
  }
  if (specifier.startsWith('.')) {
    return moduleOf(target(file, specifier)) === name ? undefined : `reaches into ${target(file, specifier)}`
  }
  if (specifier.startsWith('node:')) return undefined
  return packages.includes(packageOf(specifier)) ? undefined : `${name} may not use the package ${packageOf(specifier)}`
}

t.test('every module has its folder, and an index that names what it offers', async t => {
  for (const name of names) t.ok(existsSync(join(root, modules[name].folder)), `${modules[name].folder} exists`)
  for (const name of names.filter(name => name !== 'deploy')) {
    t.notMatch(read(`${modules[name].folder}/index.ts`), /export \*/, `${name} exports by name`)
  }
})

t.test('every import edge is in the table', async t => {
  t.ok(own.length > 40, 'the scan sees the tree')
  const wrong = own.flatMap(file =>
    importsOf(file)
      .flatMap(to => fault(file, to) ?? [])
      .map(why => `${file}: ${why}`),
  )
  t.same(wrong, [])
})

t.test('server, dev and tests reach modules only through their index', async t => {
  const outside = sources().filter(file => moduleOf(file) === undefined && !file.startsWith('test/unit/'))
  const deep = outside.flatMap(file =>
    importsOf(file)
      .filter(to => to.startsWith('.') && /^(pkg|certs)\//.test(target(file, to)))
      .map(to => `${file}: ${to}`),
  )
  t.same(deep, [])
})

t.test('the table has no cycle', async t => {
  const visit = (name: string, path: readonly string[]): string[] => {
    if (path.includes(name)) return [[...path, name].join(' → ')]
    return table[name as ModuleName].imports.flatMap(next => visit(next, [...path, name]))
  }
  t.same(
    names.flatMap(name => visit(name, [])),
    [],
  )
})

t.test('files of one module do not import each other in a circle', async t => {
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file) || path.includes(file)) return
    for (const to of importsOf(file)) {
      if (to.startsWith('.') && existsSync(join(root, target(file, to)))) visit(target(file, to), [...path, file])
    }
    done.add(file)
  }
  for (const file of sources()) visit(file, [])
  t.same(circles, [])
})

const impure =
  /\b(Date\.now\(|new Date\(\)|performance\.now|Math\.random|randomBytes|randomUUID|fetch\(|process\.|setTimeout|setInterval|setImmediate)/g
const ioModules = /^node:(fs|net|http|https|tls|child_process|dns|os|worker_threads|timers)/

t.test('pure modules read no clock, randomness, environment, file or socket', async t => {
  const wrong = own
    .filter(file => table[moduleOf(file) as ModuleName].pure)
    .flatMap(file => [
      ...importsOf(file)
        .filter(to => ioModules.test(to))
        .map(to => `${file}: ${to}`),
      ...(code(file).match(impure) ?? []).map(hit => `${file}: ${hit}`),
    ])
  t.same(wrong, [])
})

const allowed = (list: readonly string[], file: string) => list.some(prefix => file.startsWith(prefix))

t.test(
  'the clock and randomness are read where the process is put together, and handed in everywhere else',
  async t => {
    const wrong = sources()
      .filter(file => !allowed(clockReaders, file))
      .flatMap(file =>
        (code(file).match(/\b(Date\.now\(|new Date\(\)|performance\.now\(|Math\.random\()/g) ?? []).map(
          hit => `${file}: ${hit}`,
        ),
      )
    t.same(wrong, [])
  },
)

t.test('one file reads the environment and argv', async t => {
  const wrong = sources()
    .filter(file => !allowed(environmentReaders, file))
    .filter(file => /process\.(env|argv|exit)\b/.test(code(file)))
  t.same(wrong, [])
})
