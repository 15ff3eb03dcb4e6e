/** How many pieces are joined at once: joined text is flat, so that a long text does not live on as a tree of pieces. */
const JOINED_AT_ONCE = 8192;

/** Collects text piece by piece, without copying what is already there. */
export class Output {
  length = 0;
  private readonly pieces: string[] = [];
  private readonly chunks: string[] = [];

  /** Forgets what was written, to begin anew. */
  reset(): void {
    this.length = 0;
    this.pieces.length = 0;
    this.chunks.length = 0;
  }

  write(text: string): void {
    this.length += text.length;
    if (this.pieces.push(text) >= JOINED_AT_ONCE) {
      this.chunks.push(this.pieces.join(""));
      this.pieces.length = 0;
    }
  }

  toString(): string {
    return this.chunks.join("") + this.pieces.join("");
  }
}
