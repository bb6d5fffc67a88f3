import type { RE2JS } from 're2js'
import type { Find, ItemQuery, ListedItem } from '#api'
import { Fault, member } from '#core'
import { compileExpression } from './expression.ts'

/** How a long search lets others have the event loop; pure code owns neither clock nor timer. */
export interface Turns {
  /** A clock that never goes back. Milliseconds. */
  now(): number
  /** Ends when everybody else had a turn; rejects where the search is not wanted any more. */
  pause(): Promise<void>
}

/** Each is an item to read, and a key of the Secret. */
const mostFound = 1000
/** Each tag is a listing of its own. */
const mostTags = 50
// names are sent and remembered: what they cost must not be up to who writes them
const longest = 4096

// a usual expression takes 60 ms for 50,000 names; a hostile one over a hostile vault takes minutes (security.md T14)
const longestTurnMs = 10
const longestSearchMs = 3000

const folderOf = (path: string): string => {
  const open = path.startsWith('/') ? path : `/${path}`
  return open.endsWith('/') ? open : `${open}/`
}

const tagsOf = ({ name, tags = {} }: Find): readonly string[] => (name ? [] : [...new Set(Object.values(tags))])

/**
 * What to ask Akeyless for (akeyless.md §3.3): by name, all of the folder; by tags, what carries one of their values, since Akeyless'
 * tags have no keys. With a name, tags mean nothing, as in ESO.
 */
export const findQuery = (find: Find): ItemQuery => {
  const path = folderOf(find.path ?? '')
  const tags = tagsOf(find)
  return { ...(path !== '/' && { path }), ...(tags.length > 0 && { tags }) }
}

const invalid = (path: string, message: string, remedy: string): Fault =>
  new Fault('SpecInvalid', message, { path, remedy })

const tagProblem = (tags: Readonly<Record<string, string>>, path: string): Fault | undefined => {
  const entries = Object.entries(tags)
  if (entries.length > mostTags)
    return invalid(path, `has ${entries.length} tags, ${mostTags} are allowed`, 'find by fewer tags')
  for (const [key, value] of entries) {
    // ESO takes it for no tag at all and finds everything
    if (value === '') return invalid(member(path, key), 'is empty', 'give the tag, which is the value here')
    if (value.length > longest) return invalid(member(path, key), `is longer than ${longest} characters`, 'shorten it')
  }
  return undefined
}

/**
 * What is wrong with a find, before anything is asked: it names nothing to look for, or an empty tag. A path alone is good, and takes
 * everything below it, where ESO answers an error; so does a name without an expression, as in ESO.
 */
export const findProblem = (find: Find, path: string): Fault | undefined => {
  const { name, tags = {} } = find
  if ((find.path?.length ?? 0) > longest)
    return invalid(`${path}.path`, `is longer than ${longest} characters`, 'write the folder as Akeyless has it')
  if (name) return undefined
  if (Object.keys(tags).length > 0) return tagProblem(tags, `${path}.tags`)
  return find.path ? undefined : invalid(path, 'does not say what to find', 'set name.regexp, tags or path')
}

const compile = (source: string, path: string): RE2JS | Fault => {
  const made = compileExpression(source)
  return 'message' in made ? invalid(`${path}.name.regexp`, made.message, made.remedy) : made
}

const matching = async (
  expression: RE2JS,
  listed: readonly ListedItem[],
  path: string,
  { now, pause }: Turns,
): Promise<string[] | Fault> => {
  const found: string[] = []
  let spentMs = 0
  let since = now()
  for (const item of listed) {
    if (expression.test(item.path)) found.push(item.path)
    const turnMs = now() - since
    if (turnMs < longestTurnMs) continue
    spentMs += turnMs
    if (spentMs > longestSearchMs) {
      const remedy = 'simplify it, or set path, so that there are fewer names to look at'
      return invalid(`${path}.name.regexp`, `takes too long on the names of ${listed.length} items`, remedy)
    }
    await pause()
    since = now()
  }
  return found
}

// as Go orders strings; JavaScript differs above U+FFFF
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/**
 * The paths that a find takes from the listing of its query, sorted bytewise: those whose full path the expression matches anywhere
 * (RE2, decision 12), or all of them. Or the fault of the find, with its field under `path`: also that it takes more than 1,000
 * items, or more than 3 s of computing.
 */
export const select = async (
  find: Find,
  listed: readonly ListedItem[],
  path: string,
  turns: Turns,
): Promise<readonly string[] | Fault> => {
  const problem = findProblem(find, path)
  if (problem) return problem
  const source = find.name?.regexp ?? ''
  const expression = compile(source, path)
  if (expression instanceof Fault) return expression
  const found = source === '' ? listed.map(item => item.path) : await matching(expression, listed, path, turns)
  if (found instanceof Fault) return found
  if (found.length <= mostFound) return found.sort(byBytes)
  return new Fault('SecretTooLarge', `finds ${found.length} items, ${mostFound} are allowed`, {
    path,
    remedy: 'narrow it by path or name.regexp, or split it into several ExternalSecrets',
  })
}
