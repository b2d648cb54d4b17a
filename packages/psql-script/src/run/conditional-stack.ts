/** What a block remembers of the query that is being put together, to drop what is skipped. */
export interface QueryMark {
  readonly length: number;
  readonly parenDepth: number;
}

type Branch = "taken" | "waiting" | "over";

interface Block {
  /** `taken`: this branch runs; `waiting`: none has run yet; `over`: one has, or none may. */
  branch: Branch;
  sawElse: boolean;
  mark: QueryMark;
  readonly offset: number;
}

/** The blocks of `\if … \endif` that are open in a file. */
export class ConditionalStack {
  readonly #blocks: Block[] = [];

  /** Text is executed. */
  get active(): boolean {
    const block = this.#blocks.at(-1);
    return block === undefined || block.branch === "taken";
  }

  /** Where the innermost open block begins, or undefined. */
  get openedAt(): number | undefined {
    return this.#blocks.at(-1)?.offset;
  }

  /** The condition of the next `\if` or `\elif` decides something and is to be evaluated. */
  decides(command: "if" | "elif"): boolean {
    return command === "if" ? this.active : this.#blocks.at(-1)?.branch === "waiting";
  }

  /** `\if`. */
  open(condition: boolean, mark: QueryMark, offset: number): void {
    const branch = !this.active ? "over" : condition ? "taken" : "waiting";
    this.#blocks.push({ branch, sawElse: false, mark, offset });
  }

  /**
   * `\elif` and `\else` (whose condition is true). Returns what to cut the query back to, if the
   * branch that ends here was skipped; or why the command cannot stand here.
   */
  next(
    command: "elif" | "else",
    condition: boolean,
    mark: QueryMark,
  ): QueryMark | string | undefined {
    const block = this.#blocks.at(-1);
    if (block === undefined) {
      return "there is no \\if that it belongs to";
    }
    if (block.sawElse) {
      return `it comes after the \\else of its \\if`;
    }
    block.sawElse = command === "else";
    if (block.branch === "taken") {
      block.branch = "over";
      block.mark = mark;
      return undefined;
    }
    if (block.branch === "waiting" && condition) {
      block.branch = "taken";
    }
    return block.mark;
  }

  /** `\endif`; returns as {@link next}. */
  close(): QueryMark | string | undefined {
    const block = this.#blocks.pop();
    if (block === undefined) {
      return "there is no \\if that it belongs to";
    }
    return block.branch === "taken" ? undefined : block.mark;
  }
}
