// The ring-0 image as its starters see it: where it goes, and how cases get into a guest's memory and answers out.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lab/oracle/table.hpp"

namespace msr::oracle {

/// As the linker left it, beginning with its header.
[[nodiscard]] std::span<const std::byte> image_bytes();
[[nodiscard]] const image_header& header();

/// The image in a memory of its starter, and the table of its cases.
class loaded_image {
  public:
    /// `image` lies at the guest's address header().load_address, `table` at header().table. Copies the image there.
    loaded_image(std::span<std::byte> image, std::span<std::byte> table);

    [[nodiscard]] oracle::mailbox& mailbox() { return *mailbox_; }
    [[nodiscard]] std::span<exchange> table() { return table_; }

  private:
    oracle::mailbox* mailbox_;
    std::span<exchange> table_;
};

/// What a machine without BIOS starts from: the image, the table, and the reset vector, to be mapped below 4 GB.
class rom {
  public:
    rom();

    [[nodiscard]] loaded_image& image() { return image_; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
    loaded_image image_;
};

}  // namespace msr::oracle
