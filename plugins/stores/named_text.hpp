// A text of the SQL that is embedded from .sql files, with the name of its file. Plain data with
// static lifetime.

#pragma once

namespace stampede::stores {

struct NamedText {
  const char* name;
  const char* text;
};

}  // namespace stampede::stores
