//! The results: names, medians, and what they are to reach.

use std::{fmt::Write, fs, path::Path};

use serde_json::Value;

/// Rows in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    /// The value is to be at least (`true`) or at most (`false`) this.
    goal: Option<(bool, f64)>,
}

impl Table {
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: &'static str) {
        self.push(name, value, unit, None);
    }

    pub(crate) fn at_least(&mut self, name: &str, value: f64, unit: &'static str, goal: f64) {
        self.push(name, value, unit, Some((true, goal)));
    }

    pub(crate) fn at_most(&mut self, name: &str, value: f64, unit: &'static str, goal: f64) {
        self.push(name, value, unit, Some((false, goal)));
    }

    fn push(&mut self, name: &str, value: f64, unit: &'static str, goal: Option<(bool, f64)>) {
        self.rows.push(Row {
            name: name.to_owned(),
            value,
            unit,
            goal,
        });
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let goal = match row.goal {
                Some((at_least, goal)) => {
                    let reached = if at_least {
                        row.value >= goal
                    } else {
                        row.value <= goal
                    };
                    format!(
                        "  goal {} {goal}: {}",
                        if at_least { "at least" } else { "at most" },
                        if reached { "reached" } else { "MISSED" }
                    )
                }
                None => String::new(),
            };
            writeln!(
                text,
                "{:<62} {:>10.3} {:<6}{goal}",
                row.name, row.value, row.unit
            )
            .unwrap();
        }
        text
    }

    /// Puts the rows into `bench.json`, an array for all benchmarks, in place of those that the same one has left there.
    pub(crate) fn save(&self, target: &Path, bench: &str) {
        let path = target.join("bench.json");
        let mut all: Vec<Value> = fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        all.retain(|row| row["bench"].is_string() && row["bench"] != bench);
        all.extend(self.rows.iter().map(|row| {
            serde_json::json!({
                "bench": bench,
                "name": row.name,
                "value": row.value,
                "unit": row.unit,
                "at_least": row.goal.filter(|goal| goal.0).map(|goal| goal.1),
                "at_most": row.goal.filter(|goal| !goal.0).map(|goal| goal.1),
            })
        }));
        fs::write(path, format!("{:#}\n", Value::from(all))).unwrap();
    }
}

/// The middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}
