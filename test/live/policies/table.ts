// What must come of every creationPolicy, deletionPolicy, target and event.

export const creations = ['Owner', 'Orphan', 'Merge', 'CreateOrMerge', 'None'] as const
export const deletions = ['Retain', 'Delete', 'Merge'] as const
/**
 * absent: there is none, or somebody deletes it while Latchkey is away. ours: an earlier ExternalSecret of the name left it.
 * foreign: a person's. rival: another ExternalSecret controls it. controlled: another kind of object does. immutable: a person's,
 * and immutable.
 */
export const targets = ['absent', 'ours', 'foreign', 'rival', 'controlled', 'immutable'] as const
/** `half`: one of the two items is gone. `deleted`: the ExternalSecret is. */
export const events = ['create', 'refresh', 'half', 'gone', 'deleted'] as const

export type Creation = (typeof creations)[number]
export type Deletion = (typeof deletions)[number]
export type Target = (typeof targets)[number]
export type Event = (typeof events)[number]

/**
 * The Secret: none; theirs and kept: not written since it was there before us, or since our first write; ours: our keys alone, with
 * the first or second values; both: beside the person's key; -a: without the key of the item that is gone; empty; own: the person's
 * key alone, our keys taken out; marked: no key changed, but our marks put on.
 */
const secrets = [
  ...['none', 'theirs', 'kept', 'ours1', 'ours2', 'ours-a', 'both1', 'both2', 'both-a', 'empty', 'own', 'marked'],
] as const
/** The Ready condition, by the words of `says` in cells.ts; `-` where the ExternalSecret is gone. */
const readies = [
  ...[
    'synced',
    'lacking',
    'missing',
    'deleted',
    'half',
    'gone',
    'rival',
    'controlled',
    'frozen',
    'crowded',
    'notowner',
    'notours',
  ],
  ...['forbidden', '-'],
] as const

export interface Expected {
  readonly secret: string
  readonly ready: string
}

// A star stands for every deletionPolicy that is allowed. Where ESO does otherwise, the line below says why we do not.
const table = `
Owner                     absent         ours           foreign        rival          controlled         immutable
  *       create          ours1 synced   ours1 synced   ours1 synced   theirs rival   theirs controlled  theirs frozen
  *       refresh         ours2 synced   ours2 synced   ours2 synced   theirs rival   theirs controlled  theirs frozen
  *       deleted         none -         none -         none -         theirs -       theirs -           theirs -
  Retain  half            none half      kept half      kept half      theirs rival   theirs controlled  theirs half
  Delete  half            none half      kept half      kept half      theirs rival   theirs controlled  theirs half
  Merge   half            ours-a lacking ours-a lacking ours-a lacking theirs rival   theirs controlled  theirs frozen
  Retain  gone            none gone      kept gone      kept gone      theirs rival   theirs controlled  theirs gone
  Delete  gone            none deleted   none deleted   none deleted   theirs rival   theirs controlled  theirs notours
  Merge   gone            empty lacking  empty lacking  empty lacking  theirs rival   theirs controlled  theirs frozen
# ESO: an immutable Secret that it did not make counts as synced while it differs (weakness 22); with Akeyless no item is ever
# gone (decision 20)

Orphan                    absent         ours           foreign        rival          controlled         immutable
  *       create          ours1 synced   ours1 synced   ours1 synced   theirs rival   theirs controlled  theirs frozen
  *       refresh         ours2 synced   ours2 synced   ours2 synced   theirs rival   theirs controlled  theirs frozen
  *       deleted         none -         kept -         kept -         theirs -       theirs -           theirs -
  Retain  half            none half      kept half      kept half      theirs rival   theirs controlled  theirs half
  Delete  half            none half      kept half      kept half      theirs rival   theirs controlled  theirs half
  Merge   half            ours-a lacking ours-a lacking ours-a lacking theirs rival   theirs controlled  theirs frozen
  Retain  gone            none gone      kept gone      kept gone      theirs rival   theirs controlled  theirs gone
  Delete  gone            none deleted   kept notowner  kept notowner  theirs rival   theirs controlled  theirs notowner
  Merge   gone            empty lacking  empty lacking  empty lacking  theirs rival   theirs controlled  theirs frozen
# ESO: wipes what another kind of object controls (T10)

Merge                     absent         ours           foreign        rival          controlled         immutable
  *       create          none missing   ours1 synced   both1 synced   theirs rival   both1 synced       theirs crowded
  *       refresh         none missing   ours2 synced   both2 synced   theirs rival   both2 synced       theirs crowded
  *       deleted         none -         kept -         kept -         theirs -       kept -             theirs -
  Retain  half            none missing   kept half      kept half      theirs rival   kept half          theirs half
  Merge   half            none missing   ours-a lacking both-a lacking theirs rival   both-a lacking     theirs crowded
  Retain  gone            none missing   kept gone      kept gone      theirs rival   kept gone          theirs gone
  Merge   gone            none missing   empty lacking  own lacking    theirs rival   own lacking        marked lacking

CreateOrMerge             absent         ours           foreign        rival          controlled         immutable
  *       create          ours1 synced   ours1 synced   both1 synced   theirs rival   both1 synced       theirs crowded
  *       refresh         ours2 synced   ours2 synced   both2 synced   theirs rival   both2 synced       theirs crowded
  *       deleted         none -         kept -         kept -         theirs -       kept -             theirs -
  Retain  half            none half      kept half      kept half      theirs rival   kept half          theirs half
  Merge   half            ours-a lacking ours-a lacking both-a lacking theirs rival   both-a lacking     theirs crowded
  Retain  gone            none gone      kept gone      kept gone      theirs rival   kept gone          theirs gone
  Merge   gone            empty lacking  empty lacking  own lacking    theirs rival   own lacking        marked lacking

None                      absent         ours           foreign        rival          controlled         immutable
  *       create          none synced    theirs synced  theirs synced  theirs synced  theirs synced      theirs synced
  *       refresh         none synced    theirs synced  theirs synced  theirs synced  theirs synced      theirs synced
  *       deleted         none -         theirs -       theirs -       theirs -       theirs -           theirs -
  Retain  half            none half      theirs half    theirs half    theirs half    theirs half        theirs half
  Retain  gone            none gone      theirs gone    theirs gone    theirs gone    theirs gone        theirs gone
# ESO: labels what it does not write (weakness 9), and refuses what another ExternalSecret controls even then
`

/** Told by the webhook and, where it was got past, by the reconciler in the same words. */
export const forbidden: Partial<Record<`${Creation} ${Deletion}`, string>> = {
  'Merge Delete':
    'spec.target.deletionPolicy: Delete would remove a Secret that creationPolicy Merge leaves to others → write Retain',
  'CreateOrMerge Delete':
    'spec.target.deletionPolicy: Delete would remove a Secret that creationPolicy CreateOrMerge leaves to others → write Retain',
  'None Delete':
    'spec.target.deletionPolicy: Delete would remove a Secret that creationPolicy None leaves to others → write Retain',
  'None Merge': 'spec.target.deletionPolicy: Merge has no Secret to work on with creationPolicy None → write Retain',
}

const known = (words: readonly string[], word: string | undefined): string => {
  if (word === undefined || !words.includes(word)) throw new Error(`no word of the table: ${word}`)
  return word
}

const parse = (): ReadonlyMap<string, Expected> => {
  const cells = new Map<string, Expected>()
  let creation = ''
  for (const line of table.split('\n')) {
    const words = line.trim().split(/\s+/)
    if (line.startsWith('#') || line === '') continue
    if (!line.startsWith(' ')) {
      creation = known(creations, words[0])
      continue
    }
    const [deletion, event, ...rest] = words
    for (const [index, target] of targets.entries()) {
      const expected = { secret: known(secrets, rest[2 * index]), ready: known(readies, rest[2 * index + 1]) }
      cells.set([creation, deletion, known(events, event), target].join(' '), expected)
    }
  }
  return cells
}
const cells = parse()

/** Throws where the table says nothing: a cell that nobody thought of is no cell that may be as it likes. */
export const expectedOf = (creation: Creation, deletion: Deletion, target: Target, event: Event): Expected => {
  if (forbidden[`${creation} ${deletion}`] !== undefined) {
    return { secret: target === 'absent' ? 'none' : 'theirs', ready: event === 'deleted' ? '-' : 'forbidden' }
  }
  const found =
    cells.get([creation, '*', event, target].join(' ')) ?? cells.get([creation, deletion, event, target].join(' '))
  if (!found) throw new Error(`the table lacks ${creation} ${deletion} ${event} ${target}`)
  return found
}
