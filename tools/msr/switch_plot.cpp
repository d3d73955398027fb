// The plot of writes per switch: a bar for each strategy, a colour for each cause.

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "tools/msr/switch.hpp"

namespace tool {

namespace context = msr::context;

namespace {

struct plotted_cause {
    std::string_view title;
    std::string_view colour;
};

// In the order of context::write_cause.
constexpr std::array<plotted_cause, context::write_causes> plotted_causes{{{"task switches", "#4c78a8"},
                                                                           {"guests", "#f58518"},
                                                                           {"returns to user mode", "#54a24b"},
                                                                           {"system calls", "#b279a2"},
                                                                           {"others", "#9d9d9d"}}};

std::string xml_text(std::string_view words) {
    std::string result;
    for (const auto letter : words) {
        switch (letter) {
            case '&': result += "&amp;"; break;
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            default: result += letter < ' ' ? '?' : letter;
        }
    }
    return result;
}

// A round number that is not below: 1, 2 or 5 times a power of ten.
double rounded_up(double value) {
    if (value <= 0) return 1;
    const auto power = std::pow(10, std::floor(std::log10(value)));
    for (const auto step : {1.0, 2.0, 5.0}) {
        if (value <= step * power) return step * power;
    }
    return 10 * power;
}

class switch_bars {
  public:
    switch_bars(std::span<const context::switch_totals> all, double switches) : all_{all}, switches_{switches} {
        double most = 0;
        for (const auto& one : all)
            most = std::max(most, static_cast<double>(one.writes) / switches);
        scale_ = rounded_up(most);
    }

    std::string draw(std::string_view title) {
        text_ = fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
            "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
            plot_width, plot_height);
        words(left, 24, "start", fmt::format("Writes of registers per switch: {}", xml_text(title)));
        axis();
        for (std::size_t at = 0; at < all_.size(); ++at)
            bar(at);
        legend();
        return text_ + "</svg>\n";
    }

  private:
    static constexpr int plot_width = 640, plot_height = 400, left = 70, right = 190, top = 50, bottom = 50;

    [[nodiscard]] double height_of(double writes) const { return writes / scale_ * (plot_height - top - bottom); }

    void words(double x, double y, std::string_view anchor, std::string_view what) {
        text_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor, what);
    }
    void box(double x, double y, double width, double height, std::string_view colour) {
        text_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", x, y,
                             width, height, colour);
    }

    void axis() {
        constexpr int steps = 4;
        for (int step = 0; step <= steps; ++step) {
            const auto value = scale_ * step / steps;
            const auto y = plot_height - bottom - height_of(value);
            box(left, y, plot_width - left - right, 1, "#dddddd");
            words(left - 8, y + 4, "end", fmt::format("{:.3g}", value));
        }
    }

    void bar(std::size_t number) {
        const auto& one = all_[number];
        const auto slot = static_cast<double>(plot_width - left - right) / static_cast<double>(all_.size());
        const auto middle = left + slot * (static_cast<double>(number) + 0.5);
        const auto width = slot * 0.6;
        double y = plot_height - bottom;
        for (std::size_t cause = 0; cause < plotted_causes.size(); ++cause) {
            const auto height = height_of(static_cast<double>(one.by_cause[cause]) / switches_);
            if (height <= 0) continue;
            y -= height;
            box(middle - width / 2, y, width, height, plotted_causes[cause].colour);
        }
        words(middle, y - 6, "middle", fmt::format("{:.2f}", static_cast<double>(one.writes) / switches_));
        words(middle, plot_height - bottom + 18, "middle", std::string_view{to_string(one.how)});
    }

    void legend() {
        double y = top + 10;
        for (const auto& [title, colour] : plotted_causes) {
            box(plot_width - right + 20, y - 10, 12, 12, colour);
            words(plot_width - right + 38, y, "start", title);
            y += 20;
        }
    }

    std::span<const context::switch_totals> all_;
    double switches_;
    double scale_ = 1;
    std::string text_;
};

}  // namespace

std::string switch_plot(std::string_view title, std::span<const context::switch_totals> all, double switches) {
    return switch_bars{all, switches}.draw(title);
}

}  // namespace tool
