#ifndef SMOKEMESH_COORDINATOR_REPORT_HTML_PAGE_H_
#define SMOKEMESH_COORDINATOR_REPORT_HTML_PAGE_H_

#include <string>

namespace smokemesh::coordinator {

// Wraps `body`, which is HTML, in a self-contained page with smokemesh's style and script. The page
// loads nothing from anywhere, and its content security policy allows no other script than its own.
// `title` is text.
std::string HtmlPage(const std::string& title, const std::string& body);

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_HTML_PAGE_H_
