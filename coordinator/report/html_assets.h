#ifndef SMOKEMESH_COORDINATOR_REPORT_HTML_ASSETS_H_
#define SMOKEMESH_COORDINATOR_REPORT_HTML_ASSETS_H_

namespace smokemesh::coordinator {

// The style sheet of the page: light, dark, narrow and print. Every colour of a text has a contrast
// of at least 4.5 to what is behind it; tests/browser computes that.
extern const char kHtmlStyle[];

// The only script of the page: the filter, `#cN`, the keyboard in the timeline, and printing. The
// page is complete without it.
extern const char kHtmlScript[];

}  // namespace smokemesh::coordinator

#endif  // SMOKEMESH_COORDINATOR_REPORT_HTML_ASSETS_H_
