#include "sys/errors.hpp"

#include <cerrno>
#include <system_error>

namespace noetl::nats::sys {

Code code_of_errno(int error) {
  switch (error) {
    case ENOENT:
      return Code::not_found;
    case EEXIST:
      return Code::already_exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::resource_exhausted;
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return Code::failed_precondition;
    case ETIMEDOUT:
      return Code::deadline_exceeded;
    default:
      return Code::unavailable;
  }
}

tl::unexpected<Error> fail_errno(int error, const std::string& attempted) {
  std::string hint;
  switch (error) {
    case ENOSPC:
      hint = "the file system is full: free some space, or use a directory on another one";
      break;
    case EDQUOT:
    case EFBIG:
      hint = "a quota or limit for files is reached: raise it, or use another directory";
      break;
    case EACCES:
    case EPERM:
      hint = "this user may not do that there: use a directory of your own";
      break;
    case EROFS:
      hint = "the file system is read-only: use a directory on another one";
      break;
    case ENOTDIR:
      hint = "a file is in the place of a directory";
      break;
    default:
      break;
  }
  return fail(code_of_errno(error), attempted + ": " + std::generic_category().message(error), std::move(hint));
}

}  // namespace noetl::nats::sys
