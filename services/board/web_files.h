/* web_files: the files of services/board/web, as texts (common/embed.cmake). */
#ifndef REDRESS_BOARD_WEB_FILES_H
#define REDRESS_BOARD_WEB_FILES_H

extern const char web_index[], web_style[], web_main[], web_words[], web_parts[], web_pages[],
    web_case[], web_icon[];

#endif
