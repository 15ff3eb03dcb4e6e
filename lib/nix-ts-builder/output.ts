/** How many pieces are joined at once: joined text is flat, so that a long text does not live on as a tree of pieces. */
const JOINED_AT_ONCE = 8192;

/** Collects text piece by piece, without copying what is already there. */
export class Output {
  length = 0;
  private pieces: string[] = [];
  private readonly chunks: string[] = [];

  write(text: string): void {
    this.length += text.length;
    if (this.pieces.push(text) >= JOINED_AT_ONCE) {
      this.chunks.push(this.pieces.join(""));
      this.pieces = [];
    }
  }

  toString(): string {
    return this.chunks.join("") + this.pieces.join("");
  }
}
