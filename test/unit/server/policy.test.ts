import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Fault } from '#core'
import { parsePolicy, readFileFrom, readPolicy } from '../../../server/policy.ts'

/** The lines below the first. */
const mistakes = async (run: () => unknown): Promise<readonly string[]> => {
  try {
    await run()
    return []
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== 'ConfigInvalid') throw thrown
    const [first, ...lines] = thrown.message.split('\n')
    t.match(first, /^the policy ".*" cannot be used:$/)
    return lines.map(line => line.trim())
  }
}

const store = 'write it as SecretStore/NAME or ClusterSecretStore/NAME, with * for any characters'
const path = 'write the path of an item as /team-a/db, or of everything below a folder as /team-a/*'

const refused: readonly { name: string; text: string; lines: readonly string[] }[] = [
  {
    name: 'a rule that there is not, with the one that was meant',
    text: 'rules: { refresh-intervall: deny, nonsense-of-its-own: off }',
    lines: [
      'rules.refresh-intervall: there is no such rule → did you mean refresh-interval?',
      'rules.nonsense-of-its-own: there is no such rule → write the id of a rule, as in docs/reference/rejections.md',
    ],
  },
  {
    name: 'a rule that cannot warn',
    text: '{"rules":{"secret-key":"warn"}}',
    lines: ['rules.secret-key: always denies and cannot be set → remove it; rules that can warn can be set'],
  },
  {
    name: 'a level that there is not',
    text: 'rules:\n  refresh-interval: error\n',
    lines: ['rules.refresh-interval: "error" is not known → write off, warn or deny'],
  },
  {
    name: 'unknown fields',
    text: 'rule: {}\npaths: [{ allows: [/a], allow: [/b] }]\n',
    lines: [
      'paths[0].allows: there is no such field → did you mean allow?',
      'rule: there is no such field → did you mean rules?',
    ],
  },
  {
    name: 'patterns and paths that govern or allow nothing',
    text: `paths:
  - { namespaces: [Team-A], stores: [shared, 'Store/x', 'SecretStore/A'], allow: [/a/../b, '/a*', /a/, '', '/a//b', '/ . /a'] }
  - { namespaces: [], stores: '*', allow: }
  - {}
`,
    lines: [
      'paths[0].namespaces[0]: "Team-A" cannot be used → write the name of a namespace, with * for any characters',
      `paths[0].stores[0]: "shared" cannot be used → ${store}`,
      `paths[0].stores[1]: "Store/x" cannot be used → ${store}`,
      `paths[0].stores[2]: "SecretStore/A" cannot be used → ${store}`,
      ...['/a/../b', '/a*', '/a/', '', '/a//b', '/ . /a'].map(
        (each, index) => `paths[0].allow[${index}]: "${each}" cannot be used → ${path}`,
      ),
      'paths[1].namespaces: is empty → fill it in, or leave it out',
      'paths[1].stores: must be a list',
      'paths[1].allow: must be a list',
      'paths[2].allow: is missing → give it a list',
    ],
  },
  {
    name: 'a budget of nothing',
    text: 'refreshesPerMinute: 0',
    lines: ['refreshesPerMinute: must not be below 1 → write 1 or more'],
  },
  {
    name: 'text that is no YAML',
    text: 'rules:\n  a: [\n',
    lines: ['line 3: is neither YAML nor JSON (BAD_INDENT)'],
  },
  { name: 'a list', text: '- rules', lines: ['the file: must be an object'] },
  {
    name: 'aliases that unfold to billions',
    text: `${['a: &a [x,x,x,x,x,x,x,x,x,x]', ...[...'bcdefghi'].map((to, index) => `${to}: &${to} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(',')}]`)].join('\n')}\n`,
    lines: ['the file: unfolds to too much → write it without aliases'],
  },
]
for (const { name, text, lines } of refused) {
  t.test(`refused: ${name}`, async t => {
    t.same(await mistakes(() => parsePolicy(text, 'policy.yaml')), lines)
  })
}

t.test('a good one is read, from YAML and JSON alike', async t => {
  const paths = [{ namespaces: ['team-a', 'team-a-*'], stores: ['*/shared', '*'], allow: ['/team-a/*', 'shared/db'] }]
  const policy = { rules: { 'refresh-interval': 'deny', find: 'off' }, paths, refreshesPerMinute: 60 }
  t.same(parsePolicy(JSON.stringify(policy), 'p'), policy)
  t.same(parsePolicy('rules: { find: warn }', 'p'), { rules: { find: 'warn' } })
  for (const text of ['', '# nothing\n', '{}']) t.same(parsePolicy(text, 'p'), { rules: {} })
})

t.test('the file is read once, and what is none is told of', async t => {
  const folder = t.testdir()
  const file = join(folder, 'policy.yaml')
  writeFileSync(file, 'rules: { find: off }\n')
  t.same(await readPolicy(file, readFileFrom), { rules: { find: 'off' } })
  t.equal(await readPolicy(undefined, readFileFrom), undefined)
  const missing = await mistakes(() => readPolicy(join(folder, 'none'), readFileFrom))
  t.same(missing, ['--policy: cannot be read (ENOENT) → name a file that is there'])
  const directory = await mistakes(() => readPolicy(folder, readFileFrom))
  t.same(directory, ['--policy: cannot be read (EISDIR) → name a file that is there'])
  writeFileSync(file, `#${'x'.repeat(2 ** 20)}`)
  const large = ['--policy: has more than 1 MiB → write patterns with *']
  t.same(await mistakes(() => readPolicy(file, readFileFrom)), large)
  t.same(await mistakes(() => readPolicy('/dev/zero', readFileFrom)), large, 'what has no end too')
})
