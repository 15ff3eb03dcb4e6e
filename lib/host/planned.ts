/** A feature of the stack whose plan features of hosts may ask for. */
export interface Planned<P> {
  /** Makes the plan, once per synthesis. */
  plan(context: never): P;
}
