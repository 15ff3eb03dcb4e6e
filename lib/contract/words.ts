/** One word of a usage: capitals stand for some text, all else is written as it is. */
type Word<W extends string> = W extends Uppercase<W> ? string : W;

/** The words that a usage such as `link SEL mtu N` or `probe [--phase P]` stands for; those in brackets may be omitted. */
export type Words<U extends string> = U extends `[${infer Some}] ${infer Rest}`
  ? readonly [...Partial<Words<Some>>, ...Words<Rest>]
  : U extends `[${infer Some}]`
    ? Partial<Words<Some>>
    : U extends `${infer First} ${infer Rest}`
      ? readonly [Word<First>, ...Words<Rest>]
      : readonly [Word<U>];

/** The text is not what the contract says. The message says why, and in some cases what to do. */
export class ContractError extends Error {}
