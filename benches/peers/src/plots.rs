//! Plots of what has an axis: loads by the length of the stream, appends by the number of callers.

use std::path::Path;

use plotters::{
    chart::{ChartBuilder, SeriesLabelPosition},
    coord::combinators::IntoLogRange as _,
    drawing::IntoDrawingArea as _,
    element::{Circle, PathElement},
    prelude::SVGBackend,
    series::LineSeries,
    style::{BLACK, Color as _, Palette as _, Palette99, WHITE},
};

use crate::{Result, results::Results, sample::float, subjects::Subject};

/// A subject's points: where on the axis, and the value.
type Line = (Subject, Vec<(f64, f64)>);

/// Writes those that have two points at least.
pub(crate) fn write(results: &Results, folder: &Path) -> Result {
    let by_number = |before: &str, behind: &str| lines(results, before, behind);
    let plots = [
        (
            "load.svg",
            "load, SQLite, no snapshot",
            "events",
            "µs",
            by_number("load/", ""),
        ),
        (
            "append.svg",
            "append of one event a save, SQLite, durable",
            "callers",
            "events/s",
            by_number("append/own/1/", "-callers"),
        ),
        (
            "append-100.svg",
            "append of 100 events a save, SQLite, durable",
            "callers",
            "events/s",
            by_number("append/own/100/", "-callers"),
        ),
    ];
    for (file, title, x, y, lines) in plots {
        if lines.iter().any(|(_, points)| points.len() > 1) {
            plot(&folder.join(file), title, (x, y), &lines)?;
        }
    }
    Ok(())
}

/// Of the workloads whose name is a number between these.
fn lines(results: &Results, before: &str, behind: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for measured in &results.workloads {
        let number = measured
            .name
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(behind));
        let Some(at) = number.and_then(|number| number.parse().ok()).map(float) else {
            continue;
        };
        for row in measured.rows.iter().filter(|row| !row.values.is_empty()) {
            match lines
                .iter_mut()
                .find(|(subject, _)| *subject == row.subject)
            {
                Some((_, points)) => points.push((at, row.median)),
                None => lines.push((row.subject, vec![(at, row.median)])),
            }
        }
    }
    lines
}

fn plot(path: &Path, title: &str, (x, y): (&str, &str), lines: &[Line]) -> Result {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = points()
            .map(of)
            .fold((f64::MAX, f64::MIN), |(low, high), value| {
                (low.min(value), high.max(value))
            });
        (low / 1.5)..(high * 1.5)
    };
    let area = SVGBackend::new(path, (900, 560)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 22))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d(
            range(|point| point.0).log_scale(),
            range(|point| point.1).log_scale(),
        )?;
    chart.configure_mesh().x_desc(x).y_desc(y).draw()?;
    for (place, (subject, points)) in lines.iter().enumerate() {
        let color = Palette99::pick(place).to_rgba();
        let width = if *subject == Subject::Ours { 4 } else { 2 };
        chart
            .draw_series(LineSeries::new(
                points.iter().copied(),
                color.stroke_width(width),
            ))?
            .label(subject.title().replace('*', ""))
            .legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 18, y)], color.stroke_width(width))
            });
        let dots = points
            .iter()
            .map(|point| Circle::new(*point, 3, color.filled()));
        chart.draw_series(dots)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()?;
    Ok(())
}
