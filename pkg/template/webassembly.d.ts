// The part of WebAssembly's JavaScript API that this module uses: Node has it, its type package does not.
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module'
  }
  interface Memory {
    readonly buffer: ArrayBuffer
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  type Imports = Record<string, Record<string, (...args: readonly never[]) => number>>
  const Module: { imports(module: Module): readonly { readonly module: string; readonly name: string }[] }
  const Instance: new (module: Module, imports: Imports) => Instance
  const compile: (bytes: Uint8Array) => Promise<Module>
}
