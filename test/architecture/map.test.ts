import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type ModuleName, modules } from './modules.ts'
import { files, read, root } from './source.ts'

const page = read('docs/architecture.md')
const mapped = [...page.matchAll(/^([\w./-]+)\/ {2,}\S/gm)].map(match => match[1] ?? '')

/** Folders that a newcomer meets: the first level, and the second below those that the map opens. */
const folders = (): string[] => {
  const opened = ['pkg', 'deploy', 'dev', 'docs']
  const found = files()
    .filter(file => file.includes('/'))
    .flatMap(file => {
      const [first = '', second = '', third] = file.split('/')
      if (!opened.includes(first)) return [first]
      const own = first === 'pkg' ? [] : [first]
      return third === undefined ? own : [...own, `${first}/${second}`]
    })
  return [...new Set(found)].sort()
}

t.test('the map in docs/architecture.md is the tree', async t => {
  t.same([...mapped].sort(), folders())
  for (const folder of mapped)
    t.ok(existsSync(join(root, folder)) && statSync(join(root, folder)).isDirectory(), folder)
})

t.test('the import table in docs/architecture.md is the one that the suite enforces', async t => {
  const rows = [...page.matchAll(/^\| (\w+) \| [^|]+ \| ([^|]+) \| (yes|no) \|$/gm)]
  t.same(
    rows.map(([, name, imports, pure]) => ({
      name,
      imports: imports?.trim() === '–' ? [] : imports?.trim().split(', '),
      pure: pure === 'yes',
    })),
    (Object.keys(modules) as ModuleName[]).map(name => ({
      name,
      imports: [...modules[name].imports],
      pure: modules[name].pure,
    })),
  )
})

t.test('files named in the page exist', async t => {
  const named = [...page.matchAll(/`((?:pkg|server|deploy|certs|test|dev)\/[\w./-]+\.ts)`/g)].map(
    match => match[1] ?? '',
  )
  t.ok(named.length > 5)
  for (const file of named) t.ok(existsSync(join(root, file)), file)
})

t.test('no file is longer than 300 lines, and the median stays near 100', async t => {
  const lengths = files()
    .filter(file => /^(pkg|server|certs|deploy|dev)\/.*\.ts$/.test(file))
    .map(file => ({ file, lines: read(file).split('\n').length }))
  t.same(
    lengths.filter(({ lines }) => lines > 300),
    [],
  )
  const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b)
  t.ok((sorted[Math.floor(sorted.length / 2)] ?? 0) <= 110, 'median')
})
