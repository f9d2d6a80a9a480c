/** What each panel and the extension say to each other. */

/** What a panel shows; kept when the window is loaded anew. */
export interface PanelTarget {
  /** Of the script; none where no script is shown. */
  uri?: string;
}

export type ToAnyPanel<Target> =
  /** Something that it rests on has changed: ask again. */
  | { type: 'changed' }
  /** Show this in place of what was shown. */
  | { type: 'target'; target: Target }
  /** What came of a step. */
  | { type: 'notice'; message: string };

/** What went wrong, with the title of the command that helps, which the panel can ask for. */
export interface Problem {
  message: string;
  step?: string;
}

export interface TakeStep {
  type: 'takeStep';
}
