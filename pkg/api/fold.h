// fold: from what is in force and what the documents say now to what is in force next. A bad
// change keeps what ran, object by object. Pure; called by whoever reads specs (specfile for the
// agent and for `validate`), on its own thread.
#pragma once

#include <string>
#include <vector>

#include "pkg/api/decode.h"
#include "pkg/api/spec_set.h"

namespace keelvip::api {

/// One file as it is now. What could not be read as a whole is a Document without a name.
struct SourceFile {
  std::string source;
  std::vector<Document> documents;  // in file order
  bool unread = false;              // nobody knows what it holds; the one document says why
};

/// `in_force` is a result of fold, or empty. Rules:
/// - An invalid document keeps the object of its name as it was.
/// - A document whose name cannot be read keeps the objects that came from its file and that no
///   other document names.
/// - Of two documents of one name, the one in the file that the object in force came from counts;
///   else a valid one before an invalid one, then the first.
/// - Of two objects that claim the same virtual router or address, the one that had it in force
///   keeps it; else an object in force goes before a new one, then the lower name. The other stays
///   as it was, or out if it is new. An object in force never goes because of another one.
/// - An object that no document names goes.
/// - metadata.generation counts from 1 and rises with each change of the spec.
/// - `revision` rises with each change of the result.
[[nodiscard]] SpecSet fold(const SpecSet& in_force, const std::vector<SourceFile>& now);

/// The same set, for when nothing can be known about the documents: `why` is all that is refused.
[[nodiscard]] SpecSet keep_all(const SpecSet& in_force, Rejected why);

}  // namespace keelvip::api
