//! Of Markdown only what these documents use: headings, fenced blocks, code spans, links, tables.

/// What is in a document.
pub(crate) struct Document {
    /// Its path below the workspace's root.
    pub(crate) name: String,
    /// Fenced blocks, in order.
    pub(crate) blocks: Vec<Block>,
    /// Code spans, and the lines of fenced blocks, with their line numbers.
    pub(crate) code: Vec<(usize, String)>,
    /// Targets of links, with their line numbers.
    pub(crate) links: Vec<(usize, String)>,
    /// What links to headings are made of.
    pub(crate) anchors: Vec<String>,
    /// First columns of tables: heading above, line number, cell.
    cells: Vec<(String, usize, String)>,
}

/// A fenced block.
pub(crate) struct Block {
    /// The word behind the fence.
    pub(crate) language: String,
    /// Number of the line with the fence.
    pub(crate) line: usize,
    /// What is between the fences.
    pub(crate) lines: Vec<String>,
}

impl Document {
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let mut this = Self {
            name: name.to_owned(),
            blocks: Vec::new(),
            code: Vec::new(),
            links: Vec::new(),
            anchors: Vec::new(),
            cells: Vec::new(),
        };
        let mut block: Option<Block> = None;
        let mut heading = String::new();
        for (number, line) in (1..).zip(text.lines()) {
            match (line.strip_prefix("```"), &mut block) {
                (Some(_), Some(_)) => this.blocks.extend(block.take()),
                (Some(language), None) => {
                    block = Some(Block {
                        language: language.to_owned(),
                        line: number,
                        lines: Vec::new(),
                    });
                }
                (None, Some(block)) => {
                    block.lines.push(line.to_owned());
                    this.code.push((number, line.to_owned()));
                }
                (None, None) => {
                    if line.starts_with('#') {
                        line.trim_start_matches('#').trim().clone_into(&mut heading);
                        this.anchors.push(anchor(&heading));
                    }
                    this.line(number, line, &heading);
                }
            }
        }
        assert!(block.is_none(), "{name}: a block does not end");
        this
    }

    /// The first cells of the rows of the table in a section, without its head.
    pub(crate) fn table_below(&self, heading: &str) -> Vec<(usize, &str)> {
        self.cells
            .iter()
            .filter(|(above, ..)| above == heading)
            .map(|(_, line, cell)| (*line, cell.as_str()))
            .skip(2)
            .collect()
    }

    fn line(&mut self, number: usize, line: &str, heading: &str) {
        for (index, part) in line.split('`').enumerate() {
            if index % 2 == 1 {
                self.code.push((number, part.to_owned()));
            }
        }
        for part in line.split("](").skip(1) {
            if let Some((target, _)) = part.split_once(')') {
                self.links.push((number, target.to_owned()));
            }
        }
        if let Some(row) = line.strip_prefix('|') {
            let cell = row.split('|').next().unwrap_or_default().trim();
            self.cells
                .push((heading.to_owned(), number, cell.to_owned()));
        }
    }
}

/// As forges make them: lower case, blanks become hyphens, punctuation goes.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || "-_".contains(c) => Some(c),
            _ => None,
        })
        .collect()
}

#[test]
fn the_parts_are_found() {
    let text = "# One `two`!\nsee [a](b.md#c), `tpm2ca list`\n| x | y |\n|---|---|\n| `z` | |\n```sh\nls\n```\n";
    let document = Document::parse("x.md", text);
    assert_eq!(document.anchors, ["one-two"]);
    assert_eq!(document.links, [(2, "b.md#c".to_owned())]);
    assert_eq!(document.table_below("One `two`!"), [(5, "`z`")]);
    let code: Vec<&str> = document
        .code
        .iter()
        .map(|(_, code)| code.as_str())
        .collect();
    assert_eq!(code, ["two", "tpm2ca list", "z", "ls"]);
    assert_eq!(document.blocks.len(), 1);
    assert_eq!(document.blocks[0].lines, ["ls"]);
}
